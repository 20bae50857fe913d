//! The page over all results, and where the time went.

use crate::support::Project;
use crate::support::files::{SOUND, sound};

const TABLE: &str = r#"
[stage.accuracy]
kind   = "tabulate"
inputs = { rows = ["evaluation"] }
params = { caption = "What came out", metrics = ["t1"] }
"#;

/// One experiment that ran, one whose data nobody has, and no paper.
fn project() -> Project {
    let project = sound();
    let head = "# Does it run?\n#   erpc-pipe run experiments/one.toml\n";
    let titled = |name: &str| format!("name = \"{name}\"\nseeds = [1, 2]\ntitle = \"The {name}\"");
    let manifest = |name: &str| SOUND.replace("name = \"sound\"", &titled(name)) + TABLE;
    let one = head.to_owned() + &manifest("one");
    let two = manifest("two").replace("photos.tar", "far/away.tar");
    let two = two.replace("[experiment]", "[experiment]\ndescription = \"Asks the same.\"");
    project.file("experiments/one.toml", one).file("experiments/two.toml", two);
    project.execute(&["experiments/one.toml"]);
    project
}

fn fine(project: &Project, arguments: &[&str]) -> String {
    let ran = project.run(arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn page(project: &Project) -> String {
    std::fs::read_to_string(project.path("results/README.md")).unwrap()
}

#[test]
fn the_page_leads_to_what_is_there_and_says_what_is_not() {
    let project = project();
    assert_eq!(fine(&project, &["index"]), "wrote results/README.md\n");
    insta::assert_snapshot!("index", page(&project));
    assert_eq!(fine(&project, &["index"]), "unchanged: results/README.md\n");
}

#[test]
fn each_link_of_the_committed_page_leads_somewhere() {
    let results = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let page = std::fs::read_to_string(results.join("README.md")).unwrap();
    let links: Vec<&str> =
        page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 100, "{}", links.len());
    for link in links {
        assert!(results.join(link.replace("%20", " ")).exists(), "{link}");
    }
}

#[test]
fn a_paper_stands_at_the_end() {
    let project = project();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/published");
    for file in ["erpcnet.toml", "erpcnet.csv"] {
        let name = format!("experiments/published/{file}");
        project.file(&name, std::fs::read(root.join(file)).unwrap());
    }
    fine(&project, &["index"]);
    assert!(page(&project).contains("**Not made here.** `erpc-pipe paper experiments/published/"));
    fine(&project, &["paper", "experiments/published/erpcnet.toml"]);
    fine(&project, &["index"]);
    let page = page(&project);
    let (_, paper) = page.split_once("## The paper: ").unwrap();
    assert!(paper.contains("](erpcnet/table4.md)") && paper.contains("| all "), "{paper}");
}

#[test]
fn time_is_summed_by_experiment_and_by_kind() {
    let project = project();
    let stage = |name: &str, key: u8, kind: &str| {
        let key = format!("{key:064}");
        format!(r#"{{ "stage": "{name}", "key": "{key}", "recipe": {{ "kind": "{kind}" }} }}"#)
    };
    let provenance = |stages: &[String]| format!(r#"{{ "stages": [{}] }}"#, stages.join(", "));
    let photos = stage("photos", 1, "import");
    let write = |name: &str, stages: &[String], run: &str| {
        project.file(&format!("results/{name}/provenance.json"), provenance(stages));
        project.file(&format!("results/{name}/run.json"), format!("{{ \"stages\": [{run}] }}"));
    };
    write(
        "one",
        &[photos.clone(), stage("fit@seed=1", 2, "fit"), stage("fit@seed=2", 3, "fit")],
        r#"{ "stage": "photos", "seconds": 100 }, { "stage": "fit@seed=1", "seconds": 30.5 },
           { "stage": "fit@seed=2", "seconds": 3600 }"#,
    );
    write("two", &[photos], r#"{ "stage": "photos", "seconds": 100 }"#);
    insta::assert_snapshot!("times", fine(&project, &["times"]));
    project.file("results/two/run.json", "{");
    let ran = project.run(&["times"]);
    assert!(ran.code == 2 && ran.stderr.contains("`results/two/run.json` is damaged"));
}
