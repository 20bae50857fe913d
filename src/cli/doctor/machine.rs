//! Processor and ONNX Runtime.

use std::thread;

use crate::onnx::{Library, locate, searched_folders};
use crate::recipe::Platform;

use super::{Finding, State};

pub(super) fn findings() -> Vec<Finding> {
    vec![program(), processor(), runtime()]
}

fn program() -> Finding {
    Finding::good(format!("erpc-pipe {}", env!("CARGO_PKG_VERSION")))
}

fn processor() -> Finding {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let platform = Platform::current().0;
    let what = format!("processor: {platform}, {threads} threads");
    if platform.ends_with("baseline") {
        let remedy = "results are right but slow; a processor with AVX2 and FMA is several times \
                      faster";
        return Finding::lack(State::Optional, what, remedy);
    }
    Finding::good(what)
}

fn runtime() -> Finding {
    const REMEDY: &str = "`make onnxruntime` fetches it, or set ORT_DYLIB_PATH to the library";
    match locate() {
        Ok(Some(Library { path, version })) => {
            Finding::good(format!("ONNX Runtime {version}: {}", path.display()))
        }
        Ok(None) => {
            let what = "ONNX Runtime: not found, the embedded kernels run instead (slower, and \
                        with fewer operators)";
            let folders = searched_folders();
            let looked = folders.iter().map(|folder| format!("looked in {}", folder.display()));
            Finding::lack(State::Optional, what, REMEDY).details(looked.collect())
        }
        Err(error) => Finding::lack(State::Missing, format!("ONNX Runtime: {error}"), REMEDY),
    }
}
