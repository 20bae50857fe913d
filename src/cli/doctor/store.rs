//! Whether the store can be written.

use std::path::Path;

use crate::fs;

use super::{Finding, State};

pub(super) fn finding(store: &Path) -> Finding {
    let existed = fs::exists(store);
    let probe = store.join(fs::unique_name("doctor"));
    let written = fs::create_dirs(store).and_then(|()| fs::write_atomic(&probe, b""));
    let removed = written.and_then(|()| fs::remove(&probe));
    if !existed {
        // Looking leaves no trace; an empty folder that cannot be removed harms nobody.
        let _ = fs::remove_empty_dir(store);
    }
    match removed {
        Ok(()) => Finding::good(format!("store: `{}` can be written", store.display())),
        Err(error) => Finding::lack(
            State::Missing,
            format!("store: {error}: {}", error.source),
            "name another folder with `--store` or ERPC_STORE, or mend its permissions",
        ),
    }
}
