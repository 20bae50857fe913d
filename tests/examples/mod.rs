//! The examples of `docs/results.md` run on the results of this repository.
//!
//! Those in Python and SQL need the tool; `ERPC_PYTHON` may name an interpreter that has it.

#[expect(unreachable_pub, reason = "it is shown in the documentation as it is")]
mod polars_in_rust;

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::say;

const PAGE: &str = include_str!("../../docs/results.md");

/// The code of the fenced block that begins with three backticks and `info`.
fn block(info: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{info}\n")).expect("the page has this example");
    rest.split_once("```").expect("a block ends").0
}

fn python() -> Command {
    let mut command = Command::new(env::var_os("ERPC_PYTHON").unwrap_or("python3".into()));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `program` on `input`, where Python has all of `modules`.
fn prints_the_quickstart(modules: &[&str], program: &str, input: &str) {
    let imports = format!("import {}", modules.join(", "));
    let has_modules = python().args(["-c", &imports]).output().is_ok_and(|o| o.status.success());
    if !has_modules {
        say(&format!("skipped: python3 cannot import {}; see ERPC_PYTHON", modules.join(", ")));
        return;
    }
    let mut child = python().args(["-c", program]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("quickstart"), "{said}{complaint}");
}

#[test]
fn polars_in_python() {
    let program = "import sys; exec(sys.stdin.read())";
    prints_the_quickstart(&["polars"], program, block("python polars"));
}

#[test]
fn pandas() {
    let program = "import sys; exec(sys.stdin.read())";
    prints_the_quickstart(&["pandas", "pyarrow"], program, block("python pandas"));
}

#[test]
fn duckdb() {
    let program = "import duckdb, sys; print(duckdb.sql(sys.stdin.read()))";
    prints_the_quickstart(&["duckdb"], program, block("sql duckdb"));
}

#[test]
fn polars_in_rust() {
    assert_eq!(block("rust polars"), include_str!("polars_in_rust.rs"));
    let table = polars_in_rust::quickstart_t1().unwrap();
    assert_eq!((table.height(), table.width()), (5, 5));
    let means = table.column("mean").unwrap().f64().unwrap();
    // ESZSL, GlobalNet, PCNet, RPCNet, ERPCNet among ten unseen classes.
    assert!(means.into_no_null_iter().all(|mean| mean > 0.3), "all of them beat chance");
}
