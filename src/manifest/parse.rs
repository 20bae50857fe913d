//! A whole file as written.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{
    AxisTable, Content, Located, Node, Pin, Place, Problem, Source, StageTable, Table, check_name,
    pin, tree,
};

/// What a file is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// An experiment, which may build on another file.
    Experiment,
    /// A reusable graph, which builds on nothing.
    Pipeline,
}

/// A file, as written.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) source: Source,
    pub(crate) extends: Option<Located<String>>,
    pub(crate) header: Header,
    pub(crate) stages: IndexMap<String, StageTable>,
    pub(crate) axes: IndexMap<String, AxisTable>,
}

/// The `[experiment]` table.
#[derive(Clone, Default, Debug)]
pub(crate) struct Header {
    /// Where the word `experiment` stands, if it does.
    pub(crate) place: Option<Place>,
    pub(crate) name: Option<Located<String>>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) pipeline: Option<Located<String>>,
    pub(crate) seeds: Option<Vec<u64>>,
    pub(crate) exclude: Option<Vec<Vec<Pin>>>,
}

impl Manifest {
    pub(crate) fn read(source: &Source, role: Role, problems: &mut Vec<Problem>) -> Self {
        let root = tree::read(source, problems);
        check_keys(&root, role, problems);
        let mut manifest = Self {
            source: source.clone(),
            extends: None,
            header: Header::default(),
            stages: IndexMap::new(),
            axes: IndexMap::new(),
        };
        if role == Role::Experiment {
            manifest.extends = root.get("extends").and_then(|entry| entry.value.text(problems));
            manifest.header = Header::read(&root, problems);
        }
        for entry in entries(&root, "stage", problems) {
            let stage = StageTable::read(&entry.key, &entry.value, problems);
            manifest.stages.extend(stage.map(|stage| (entry.key.value.clone(), stage)));
        }
        for entry in entries(&root, "sweep", problems) {
            let axis = AxisTable::read(&entry.key, &entry.value, problems);
            manifest.axes.extend(axis.map(|axis| (entry.key.value.clone(), axis)));
        }
        manifest
    }
}

fn check_keys(root: &Table, role: Role, problems: &mut Vec<Problem>) {
    let known: &[&str] = match role {
        Role::Experiment => &["extends", "experiment", "stage", "sweep"],
        Role::Pipeline => &["stage", "sweep"],
    };
    let owner = match role {
        Role::Experiment => "a manifest",
        Role::Pipeline => "a pipeline",
    };
    root.reject_unknown(owner, known, problems);
}

fn entries<'a>(root: &'a Table, key: &str, problems: &mut Vec<Problem>) -> &'a [tree::Entry] {
    let table = root.get(key).and_then(|entry| entry.value.table(problems));
    table.map_or(&[], |table| &table.0)
}

impl Header {
    fn read(root: &Table, problems: &mut Vec<Problem>) -> Self {
        const KEYS: [&str; 6] = ["name", "title", "description", "pipeline", "seeds", "exclude"];
        let Some(entry) = root.get("experiment") else { return Self::default() };
        let place = Some(entry.key.place.clone());
        let Some(table) = entry.value.table(problems) else {
            return Self { place, ..Self::default() };
        };
        table.reject_unknown("an experiment", &KEYS, problems);
        let text = |key: &str, problems: &mut Vec<Problem>| {
            table.get(key).and_then(|entry| entry.value.text(problems))
        };
        let name = table.get("name").map(|entry| {
            // A name that is no string has been reported; it is not missing.
            let place = entry.value.place.clone();
            entry.value.text(problems).unwrap_or(Located { value: "-".to_owned(), place })
        });
        let pipeline = text("pipeline", problems);
        Self {
            place,
            title: text("title", problems).map(|text| text.value),
            description: text("description", problems).map(|text| text.value),
            seeds: table.get("seeds").and_then(|entry| read_seeds(&entry.value, problems)),
            exclude: table.get("exclude").and_then(|entry| pin::read_all(&entry.value, problems)),
            pipeline: pipeline.filter(|name| check_name("a pipeline", name, problems)),
            name: name.inspect(|name| _ = check_name("an experiment", name, problems)),
        }
    }

    /// Lays `top` over this header; the pipeline has been read by then.
    pub(crate) fn overlaid_by(self, top: Self) -> Self {
        Self {
            place: top.place.or(self.place),
            name: top.name.or(self.name),
            title: top.title.or(self.title),
            description: top.description.or(self.description),
            pipeline: top.pipeline.or(self.pipeline),
            seeds: top.seeds.or(self.seeds),
            exclude: top.exclude.or(self.exclude),
        }
    }
}

fn read_seeds(node: &Node, problems: &mut Vec<Problem>) -> Option<Vec<u64>> {
    let items = node.list("a list of seeds", problems)?;
    if items.is_empty() {
        problems.push(Problem::at(&node.place, "an experiment needs at least one seed"));
        return None;
    }
    let mut seeds = Vec::new();
    let mut positions = HashMap::new();
    for (position, item) in items.iter().enumerate() {
        let Some(seed) = read_seed(item, problems) else { continue };
        match positions.insert(seed, position) {
            Some(first) => {
                let message = format!("seed {seed} is listed twice");
                let label = format!("seed number {} is {seed} as well", first + 1);
                problems.push(Problem::at(&item.place, message).label(label));
            }
            None => seeds.push(seed),
        }
    }
    Some(seeds)
}

fn read_seed(node: &Node, problems: &mut Vec<Problem>) -> Option<u64> {
    let Content::Integer(integer) = node.content else {
        node.reject("a seed, an integer from 0 up", problems);
        return None;
    };
    let seed = u64::try_from(integer).ok();
    if seed.is_none() {
        let message = format!("expected a seed, an integer from 0 up, found {integer}");
        problems.push(Problem::at(&node.place, message));
    }
    seed
}
