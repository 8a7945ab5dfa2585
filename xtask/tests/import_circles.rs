//! No module imports one that, directly or through others, imports it back. A module and the one that
//! declares it are two: neither may import from the other what imports it. To declare a module
//! (`mod name;`) is not to import it; to re-export from it is. Unit tests may import what they like.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test: a panic is how it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a module in its crate: `["generate", "tables"]`.
type Module = Vec<String>;

#[test]
fn no_crate_has_an_import_circle() {
    let project = xtask::project::root();
    let crates = crates(project);
    for folder in ["src", "core/src", "d1-migrate/src", "tests/http"] {
        assert!(
            crates.contains(&project.join(folder)),
            "{folder} is missing"
        );
    }
    for folder in crates {
        let circle = circle(&imports(&sources(&folder)));
        assert_eq!(circle, None, "{} has an import circle", folder.display());
    }
}

#[test]
fn circles_are_found_through_other_modules_and_through_the_parent() {
    let source = |module: &str, text: &str| {
        let path = module.split("::").map(str::to_owned).collect();
        (path, text.to_owned())
    };
    let found = |sources: &[(Module, String)]| circle(&imports(&sources.iter().cloned().collect()));
    let chain = [
        source("a", "use crate::b::{B, c::C};"),
        source("b", "mod c;\n// use crate::a::A;"),
        source("b::c", "fn f() { \"crate::a\"; }"),
    ];
    assert_eq!(found(&chain), None);
    let through_child = [
        chain[0].clone(),
        chain[1].clone(),
        source("b::c", "fn f() { crate::a::g() }"),
    ];
    let expected: Vec<Module> = ["a", "b::c"].map(|name| source(name, "").0).into();
    assert_eq!(found(&through_child), Some(expected));
    let through_parent = [
        source("b", "mod c;\npub fn f() { c::g() }"),
        source("b::c", "use super::f;"),
    ];
    assert!(found(&through_parent).is_some());
    let through_glob = [
        source("b", "mod c;\npub use c::g;"),
        source("b::c", "use super::*;"),
    ];
    assert!(found(&through_glob).is_some());
}

/// The folders of crates and test binaries: those with a lib.rs or main.rs.
fn crates(project: &Path) -> Vec<PathBuf> {
    let mut crates = Vec::new();
    let mut folders = vec![project.to_owned()];
    while let Some(folder) = folders.pop() {
        if ["lib.rs", "main.rs"]
            .iter()
            .any(|name| folder.join(name).is_file())
        {
            crates.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).expect("read a folder") {
            let entry = entry.expect("read a folder");
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
            // A link may lead out of the project.
            if is_ours && entry.file_type().expect("read a folder").is_dir() {
                folders.push(entry.path());
            }
        }
    }
    crates
}

/// The text of each module.
fn sources(root: &Path) -> BTreeMap<Module, String> {
    let mut sources: BTreeMap<Module, String> = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("read a folder") {
            let path = entry.expect("read a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path
                    .strip_prefix(root)
                    .expect("below the root")
                    .with_extension("");
                let mut module: Module = relative
                    .iter()
                    .map(|part| part.to_string_lossy().into())
                    .collect();
                if module
                    .last()
                    .is_some_and(|name| ["lib", "main", "mod"].contains(&name.as_str()))
                {
                    module.pop();
                }
                let text = fs::read_to_string(&path).expect("read a source");
                sources.entry(module).or_default().push_str(&text);
            }
        }
    }
    sources
}

/// The modules that each module names.
fn imports(sources: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let imports_of = |(module, text): (&Module, &String)| {
        let mut imported = BTreeSet::new();
        for path in paths(&code_of(text)) {
            let target = resolve(module, &path, sources);
            imported.extend(target.filter(|target| target != module));
        }
        (module.clone(), imported)
    };
    sources.iter().map(imports_of).collect()
}

/// The text without comments, texts and its unit tests.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let product = text.split("#[cfg(test)]\nmod tests {").next();
    for line in product.unwrap_or_default().lines() {
        let line = line.split("//").next().unwrap_or_default();
        // Every other part is between quotes.
        for part in line.split('"').step_by(2) {
            code.push_str(part);
            code.push(' ');
        }
        code.push('\n');
    }
    code
}

/// All paths in the code, those of `use a::{b, c::d}` one by one; `a::*` ends in `*`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    // What precedes each open brace of a tree of paths.
    let mut prefixes: Vec<Vec<String>> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = code.chars().chain(['\n']).peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            path.push(std::mem::take(&mut word));
        }
        let has_separator = c == ':' && chars.peek() == Some(&':');
        if has_separator {
            chars.next();
            if chars.peek() == Some(&'*') {
                path.push("*".to_owned());
            }
            if chars.peek() == Some(&'{') {
                chars.next();
                prefixes.push(
                    prefixes
                        .last()
                        .into_iter()
                        .flatten()
                        .cloned()
                        .chain(path.drain(..))
                        .collect(),
                );
            }
            continue;
        }
        if !path.is_empty() {
            let prefix = prefixes.last().into_iter().flatten().cloned();
            paths.push(prefix.chain(path.drain(..)).collect());
        }
        if c == '}' {
            prefixes.pop();
        }
    }
    paths
}

/// The innermost module that a path names, if it is one of this crate.
fn resolve(module: &Module, path: &[String], sources: &BTreeMap<Module, String>) -> Option<Module> {
    // A single word may be anything: a module is named to reach what is in it.
    if path.len() < 2 {
        return None;
    }
    let (mut found, rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), path.get(1..)?),
        "self" => (module.clone(), path.get(1..)?),
        "super" => {
            let n_levels = path.iter().take_while(|part| *part == "super").count();
            let n_left = module.len().checked_sub(n_levels)?;
            (module.get(..n_left)?.to_vec(), path.get(n_levels..)?)
        }
        child => {
            let mut found = module.clone();
            found.push(child.to_owned());
            if !sources.contains_key(&found) {
                return None;
            }
            (found, path.get(1..)?)
        }
    };
    for part in rest {
        found.push(part.clone());
        if !sources.contains_key(&found) {
            found.pop();
            break;
        }
    }
    sources.contains_key(&found).then_some(found)
}

/// Modules of which each imports the next, and the last the first.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    // Removes modules that import no other until all that are left are in circles, or lead to one.
    let mut left = imports.clone();
    loop {
        let names: BTreeSet<Module> = left.keys().cloned().collect();
        left.values_mut()
            .for_each(|imported| imported.retain(|module| names.contains(module)));
        let n_before = left.len();
        left.retain(|_, imported| !imported.is_empty());
        if left.len() == n_before {
            break;
        }
    }
    let mut walk: Vec<Module> = vec![left.keys().next()?.clone()];
    loop {
        let next = left.get(walk.last()?)?.first()?.clone();
        if let Some(start) = walk.iter().position(|module| *module == next) {
            return walk.get(start..).map(<[Module]>::to_vec);
        }
        walk.push(next);
    }
}
