//! Checks that no files import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Source, module_of};
use super::paths::{Named, named_in};

type Module = Vec<String>;

/// What one file takes from another: the names, as far as they are seen.
type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Every circle of files that import each other, one line each, with what ties it. Tests do not count, and neither does
/// a folder's `mod.rs` that only passes names on with `pub use`.
pub(crate) fn circles(sources: &[Source]) -> Vec<String> {
    let house = House::of(sources);
    let arrows = without_ends(house.arrows());
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in arrows.keys() {
        if seen.contains(file) {
            continue;
        }
        let circle: BTreeSet<&String> = arrows
            .keys()
            .filter(|other| reaches(&arrows, file, other) && reaches(&arrows, other, file))
            .collect();
        if circle.is_empty() {
            continue;
        }
        seen.extend(circle.iter().copied().cloned());
        found.push(told(&circle, &arrows));
    }
    found
}

/// The arrows without the files that import none of the others: whatever is left leads to a circle.
fn without_ends(mut arrows: Arrows) -> Arrows {
    loop {
        let ends: Vec<String> = arrows
            .iter()
            .filter(|(_, to)| !to.keys().any(|to| arrows.contains_key(to)))
            .map(|(from, _)| from.clone())
            .collect();
        if ends.is_empty() {
            return arrows;
        }
        arrows.retain(|from, _| !ends.contains(from));
    }
}

fn told(circle: &BTreeSet<&String>, arrows: &Arrows) -> String {
    let ties = circle.iter().flat_map(|from| {
        let to = arrows.get(*from).into_iter().flatten();
        to.filter(|(to, _)| circle.contains(to)).map(move |(to, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("\n  {from} uses {} of {to}", names.join(", "))
        })
    });
    format!(
        "{} files import each other in a circle:{}",
        circle.len(),
        ties.collect::<String>()
    )
}

/// Whether a path of at least one arrow leads from one file to another.
fn reaches(arrows: &Arrows, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(file) = open.pop() {
        for next in arrows.get(file).into_iter().flat_map(BTreeMap::keys) {
            if next == to {
                return true;
            }
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    false
}

/// The starts of a path, the longest first.
fn starts(path: &[String]) -> impl Iterator<Item = &[String]> {
    (1..=path.len()).rev().filter_map(|length| path.get(..length))
}

/// The files by the modules that they are, and what `mod.rs` files pass on.
struct House<'s> {
    files: BTreeMap<Module, &'s Source>,
    passed_on: BTreeMap<Module, Module>,
}

impl<'s> House<'s> {
    fn of(sources: &'s [Source]) -> Self {
        let files: BTreeMap<Module, &Source> = sources
            .iter()
            .map(|source| (module_of(&source.name), source))
            .filter(|(module, _)| !module.iter().any(|part| part == "tests"))
            .collect();
        let mut house = Self {
            files,
            passed_on: BTreeMap::new(),
        };
        let passed_on: Vec<(Module, Module)> = house
            .files
            .iter()
            .flat_map(|(module, source)| house.passed_on_by(module, source))
            .collect();
        house.passed_on.extend(passed_on);
        house
    }

    /// The names that a file passes on with `pub use`, and what they stand for.
    fn passed_on_by(&self, module: &Module, source: &Source) -> Vec<(Module, Module)> {
        let passed = named_in(&source.text, module)
            .into_iter()
            .filter(|named| named.passed_on);
        let name = |named: Named| {
            let target = self.ours(module, &named.path)?;
            let mut alias = module.clone();
            alias.push(target.last()?.clone());
            (alias != target).then_some((alias, target))
        };
        passed.filter_map(name).collect()
    }

    /// A path from the root of the crate, or from a child of the module; `None` for what is not ours.
    fn ours(&self, module: &Module, path: &[String]) -> Option<Module> {
        let (root, rest) = path.split_first()?;
        if root == "crate" {
            return Some(rest.to_vec());
        }
        let mut child = module.clone();
        child.extend(path.iter().cloned());
        let is_child = self.files.contains_key(child.get(..=module.len())?);
        is_child.then_some(child)
    }

    /// The file in which what a path names is defined, and the name.
    fn defined_in(&self, path: Module) -> Option<(&Source, String)> {
        let mut path = path;
        for _ in 0..8 {
            let alias = starts(&path)
                .filter(|start| !self.files.contains_key(*start))
                .find_map(|start| self.passed_on.get(start).map(|real| (start.len(), real)));
            let Some((length, real)) = alias else { break };
            path = real.iter().chain(path.iter().skip(length)).cloned().collect();
        }
        let (length, source) =
            starts(&path).find_map(|start| self.files.get(start).map(|source| (start.len(), *source)))?;
        let name = path.get(length).or(path.last())?.clone();
        Some((source, name))
    }

    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (module, source) in &self.files {
            let names = named_in(&source.text, module)
                .into_iter()
                .filter(|named| !named.in_tests && !named.passed_on && named.path.len() > 1);
            let targets = names
                .filter_map(|named| self.ours(module, &named.path))
                .filter_map(|path| self.defined_in(path))
                .filter(|(target, _)| target.name != source.name);
            let of_file = arrows.entry(source.name.clone()).or_default();
            for (target, name) in targets {
                of_file.entry(target.name.clone()).or_default().insert(name);
            }
        }
        arrows
    }
}
