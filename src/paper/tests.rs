//! The committed paper, and small changes to it.

use std::path::{Path, PathBuf};

use super::numbers::CellKey;
use super::*;

fn published(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/published").join(name)
}

/// The committed paper with a piece of its numbers replaced.
fn with(from: &str, to: &str) -> Result<Paper, PaperError> {
    let source = |name: &str| {
        let path = published(name);
        Source::new(name, fs::read_text(&path).unwrap())
    };
    let (outline, numbers) = (source("erpcnet.toml"), source("erpcnet.csv"));
    assert!(numbers.text.contains(from), "{from}");
    let parsed = Outline::parse(&outline)?;
    Paper::new(outline, parsed, &Source::new("erpcnet.csv", numbers.text.replacen(from, to, 1)))
}

fn notes(paper: &Paper) -> Vec<(String, Vec<String>)> {
    let notes = Notes::of(paper).unwrap();
    let noted = paper.numbers.0.iter().filter(|printed| !notes.at(&printed.key).is_empty());
    noted
        .map(|printed| {
            let CellKey { table, method, dataset, metric } = &printed.key;
            (format!("{table}/{method}/{dataset}/{metric}"), notes.at(&printed.key).to_vec())
        })
        .collect()
}

fn note(paper: &Paper, at: &str) -> String {
    let found = notes(paper).into_iter().find(|(key, _)| key == at);
    found.map(|(_, notes)| notes.join(" ")).unwrap_or_default()
}

#[test]
fn the_paper_is_whole() {
    let paper = Paper::open(&published("erpcnet.toml")).unwrap();
    let count = |table: &str| paper.numbers.of_table(table).count();
    // SP-AEN, PSR, TVN, Zero-VAE-GAN, AREN and ERPCNet have all 16 numbers, RelationNet and SGMA those of
    // two data sets, the other eight methods those of three: 6 * 16 + 2 * 8 + 8 * 12.
    assert_eq!([count("1"), count("2"), count("3"), count("4")], [208, 16, 11, 7]);
    assert_eq!((paper.name(), paper.arxiv()), ("erpcnet", "2111.02139"));
}

#[test]
fn exactly_the_known_slips_have_notes() {
    let paper = Paper::open(&published("erpcnet.toml")).unwrap();
    let mut found: Vec<String> = notes(&paper).into_iter().map(|(key, _)| key).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "1/ERPCNet/SUN/T1",
            "1/RelationNet/AWA2/H",
            "1/SP-AEN/AWA2/H",
            "2/ERPCNet/SUN/T1",
            "3/ERPCNet/CUB/images",
            "3/ERPCNet/CUB/lost",
            "3/ERPCNet/CUB/within_capability",
            "3/ERPCNet/CUB/wrong",
        ]
    );
}

#[test]
fn means_are_worked_out_from_what_is_printed() {
    // 2 * 23.0 * 90.9 / 113.9 = 36.711; 2 * 30.0 * 93.4 / 123.4 = 45.413, and with 29.95 and 93.35, which
    // round to the same, 45.35008: just above what rounds to 45.3.
    let paper = Paper::open(&published("erpcnet.toml")).unwrap();
    let sp_aen = note(&paper, "1/SP-AEN/AWA2/H");
    assert_eq!(sp_aen, "H is printed as 37.1; U = 23.0 and S = 90.9 give 36.7.");
    assert!(note(&paper, "1/RelationNet/AWA2/H").ends_with("give 45.4."));
    let mended = with(
        "SP-AEN,non-end-to-end,AWA2,generalised,H,37.1",
        "SP-AEN,non-end-to-end,AWA2,generalised,H,36.7",
    );
    assert_eq!(note(&mended.unwrap(), "1/SP-AEN/AWA2/H"), "");
    // 68.33 from the rounded numbers, 68.4 printed: U and S may have been rounded by as much.
    assert_eq!(note(&paper, "1/ERPCNet/CUB/H"), "");
}

#[test]
fn a_cell_that_two_tables_print_differently_says_so_in_both() {
    let paper = Paper::open(&published("erpcnet.toml")).unwrap();
    let first = note(&paper, "1/ERPCNet/SUN/T1");
    assert_eq!(first, "Table 2 prints 63.1 for this, not 63.3; there 63.3 is RPCNet's.");
    assert_eq!(note(&paper, "2/ERPCNet/SUN/T1"), "Table 1 prints 63.3 for this, not 63.1.");
    let line = "2,ERPCNet,this paper,SUN,zero-shot,T1,63.";
    let mended = with(&format!("{line}1"), &format!("{line}3")).unwrap();
    assert_eq!(note(&mended, "1/ERPCNet/SUN/T1") + &note(&mended, "2/ERPCNet/SUN/T1"), "");
}

#[test]
fn sums_are_worked_out_from_what_is_printed() {
    let paper = Paper::open(&published("erpcnet.toml")).unwrap();
    let within = note(&paper, "3/ERPCNet/CUB/within_capability");
    assert!(within.starts_with("1938 = 2697 - 759, but 2967 - 759 = 2208."), "{within}");
    let wrong = note(&paper, "3/ERPCNet/CUB/wrong");
    assert!(wrong.starts_with("816 = 759 + 57. 816 = round(2967 × (1 - 72.5 / 100)), "), "{wrong}");
    assert!(wrong.ends_with("It takes a mean over classes for a share of images."), "{wrong}");
    assert_eq!(note(&paper, "3/ERPCNet/CUB/lost"), "57 = 8 + 3 + 13 + 3 + 17 + 13.");
    assert!(note(&paper, "3/ERPCNet/CUB/images").ends_with("the same, in another order."));

    let other = with("lost_at_3,13", "lost_at_3,14").unwrap();
    let lost = note(&other, "3/ERPCNet/CUB/lost");
    assert_eq!(lost, "57 is printed, but it is 8 + 3 + 14 + 3 + 17 + 13 = 58.");
    let mended = with("images,2697", "images,2967").unwrap();
    assert_eq!(note(&mended, "3/ERPCNet/CUB/images"), "");
    // With another error rate neither number of images gives 816.
    let other = with("CUB,zero-shot,T1,72.5", "CUB,zero-shot,T1,73.5").unwrap();
    let wrong = note(&other, "3/ERPCNet/CUB/wrong");
    assert!(wrong.contains("816 is printed, but") && !wrong.contains("It takes"), "{wrong}");
}

#[test]
fn broken_numbers_are_blamed_at_their_place() {
    let broken = |from: &str, to: &str| match with(from, to) {
        Err(PaperError::Wrong(error)) => error.render(false, 100),
        Err(error) => error.to_string(),
        Ok(_) => "nothing is wrong".to_owned(),
    };
    let line = "1,SP-AEN,non-end-to-end,SUN,zero-shot,T1,59.2";
    let starts = |text: &str, message: &str, place: &str| {
        assert!(text.contains(message) && text.contains(place), "{text}");
    };
    let text = broken(line, "1,SP-AEN,non-end-to-end,SUN,zero-shot,T1,59,2");
    starts(&text, "found record with 8 fields", "[erpcnet.csv:2:");
    let text = broken(line, "1,SP-AEN,non-end-to-end,SUN,zero-shot,T1,high");
    starts(&text, "column `value` holds `high`", "[erpcnet.csv:2:42]");
    let text = broken(line, "1,SP-AEN,\"non-end, to end\",SNU,zero-shot,T1,59.2");
    starts(&text, "column `dataset` holds `SNU`", "[erpcnet.csv:2:28]");
    assert!(text.contains("did you mean `SUN`"), "{text}");
    let text = broken(line, &format!("{line}\n{line}"));
    starts(&text, "stands in the file twice", "[erpcnet.csv:3:");
    starts(&broken("metric,value", "metric,number"), "not the columns", "[erpcnet.csv:1:1]");
    let text = broken("3,ERPCNet,this paper,CUB,zero-shot,images,2697\n", "");
    starts(&text, "`images` stands for a number that is not in the file", "[erpcnet.toml:");
}
