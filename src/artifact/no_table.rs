//! temporary
use std::io;
#[path = "table/presentation.rs"]
mod presentation;
pub use presentation::Scale;

use super::{Artifact, ArtifactKind, Blob, invalid};
/// x
pub struct Table;
/// x
pub struct TableViews {
    /// x
    pub parquet: Vec<u8>,
    /// x
    pub csv: String,
    /// x
    pub markdown: String,
    /// x
    pub latex: String,
}
impl Table {
    /// x
    pub fn views(&self) -> TableViews {
        unreachable!()
    }
    /// x
    pub fn terminal(&self) -> String {
        String::new()
    }
}
impl Artifact for Table {
    const KIND: ArtifactKind = ArtifactKind("table");
    const CODEC: u32 = 1;
    fn encode(&self, _: &mut dyn io::Write) -> io::Result<()> {
        Ok(())
    }
    fn decode(_: Blob) -> io::Result<Self> {
        Err(invalid("no tables in this build"))
    }
}
