//! Checks the direction of imports.

use std::path::Path;

use super::paths::{Named, named_in};

/// One file: its path from the root of the repository, and its text.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A folder of `src`, the folders it may use, and why no other.
struct Fence {
    folder: &'static str,
    may_use: &'static [&'static str],
    because: &'static str,
}

const FENCES: [Fence; 14] = [
    Fence {
        folder: "domain",
        may_use: &[],
        because: "the words of the trade stand on nothing",
    },
    Fence {
        folder: "clock",
        may_use: &[],
        because: "time stands on nothing",
    },
    Fence {
        folder: "lifecycle",
        may_use: &[],
        because: "every room starts its long tasks here",
    },
    Fence {
        folder: "settings",
        may_use: &["domain"],
        because: "settings are read, not acted on",
    },
    Fence {
        folder: "register",
        may_use: &["domain"],
        because: "comparing is pure; the rows are read by `store`",
    },
    Fence {
        folder: "rules",
        may_use: &["domain"],
        because: "a verdict comes from rules, facts and the time given, nothing else",
    },
    Fence {
        folder: "store",
        may_use: &["domain", "clock", "register"],
        because: "the database does not know the outside or the use cases; they meet in the engine",
    },
    Fence {
        folder: "telnyx",
        may_use: &["domain", "clock"],
        because: "the outside does not know the database; they meet in the engine",
    },
    Fence {
        folder: "engine",
        may_use: &[
            "domain",
            "clock",
            "lifecycle",
            "register",
            "rules",
            "store",
            "telnyx",
        ],
        because: "the use cases know neither who calls them nor how they were configured",
    },
    Fence {
        folder: "http",
        may_use: &[
            "domain",
            "clock",
            "lifecycle",
            "register",
            "rules",
            "store",
            "telnyx",
            "engine",
        ],
        because: "the listeners are put together by `cli`, which also reads the settings",
    },
    Fence {
        folder: "simulator",
        may_use: &["domain", "clock"],
        because: "a stand-in that shared our client would share its mistakes",
    },
    Fence {
        folder: "postgres",
        may_use: &[],
        because: "it serves tests of everything",
    },
    Fence {
        folder: "cli",
        may_use: &[
            "domain",
            "clock",
            "lifecycle",
            "settings",
            "register",
            "rules",
            "store",
            "telnyx",
            "engine",
            "http",
            "simulator",
            "postgres",
        ],
        because: "it stands on top",
    },
    Fence {
        folder: "main",
        may_use: &["cli"],
        because: "main only hands over",
    },
];

/// What stays out of the pure folders.
const MACHINERY: [(&str, &[&str]); 2] = [
    ("domain", &["async", "tokio", "sqlx", "reqwest", "axum"]),
    ("rules", &["async", "tokio", "sqlx", "reqwest", "axum"]),
];

/// Every broken fence in a file: where, what, and why it stands there.
pub(crate) fn violations(source: &Source) -> Vec<String> {
    let module = module_of(&source.name);
    let Some(folder) = module.first() else {
        // `lib.rs` is the list of modules.
        return Vec::new();
    };
    let Some(fence) = FENCES.iter().find(|fence| fence.folder == folder) else {
        return vec![format!(
            "{}: `{folder}` has no place among the folders: give it one in tests/fences/check.rs",
            source.name
        )];
    };
    // `main.rs` sees the library from outside: its own modules are at the root.
    let place = if folder == "main" {
        Vec::new()
    } else {
        module.clone()
    };
    let is_test = module.iter().any(|part| part == "tests");
    named_in(&source.text, &place)
        .iter()
        .filter_map(|named| {
            let why = against_direction(named, fence)
                .or_else(|| machinery(named, fence))
                .or_else(|| sql(named, fence, is_test))
                .or_else(|| spawn(named))?;
            Some(format!("{}:{}: {why}", source.name, named.line))
        })
        .collect()
}

/// The module that a file is: `src/store/pool.rs` is `store, pool`.
pub(super) fn module_of(name: &str) -> Vec<String> {
    let path = Path::new(name.strip_prefix("src/").unwrap_or(name)).with_extension("");
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| part != "mod" && part != "lib").collect()
}

fn against_direction(named: &Named, fence: &Fence) -> Option<String> {
    let used = match named.path.as_slice() {
        [root, used, ..] if root == "crate" => used.as_str(),
        _ => return None,
    };
    let fine = used == fence.folder || fence.may_use.contains(&used) || !is_folder(used);
    if fine && used != "*" {
        return None;
    }
    let allowed: Vec<String> = fence.may_use.iter().map(|name| format!("`{name}`")).collect();
    let allowed = if allowed.is_empty() {
        "none of our folders".to_owned()
    } else {
        format!("only {}", allowed.join(", "))
    };
    Some(format!(
        "`{}` uses `crate::{used}`, and may use {allowed}: {}",
        fence.folder, fence.because
    ))
}

fn is_folder(name: &str) -> bool {
    FENCES.iter().any(|fence| fence.folder == name)
}

fn machinery(named: &Named, fence: &Fence) -> Option<String> {
    let (_, kept_out) = MACHINERY.iter().find(|(folder, _)| *folder == fence.folder)?;
    let used = named
        .path
        .first()
        .filter(|root| kept_out.contains(&root.as_str()))?;
    Some(format!(
        "`{}` uses `{used}`: it is pure, without waiting, database or wire",
        fence.folder
    ))
}

fn sql(named: &Named, fence: &Fence, is_test: bool) -> Option<String> {
    let is_query = match named.path.as_slice() {
        [root, name, ..] => root == "sqlx" && name.starts_with("query"),
        [name] => matches!(
            name.as_str(),
            "query_as" | "query_scalar" | "query_file" | "query_file_as"
        ),
        [] => false,
    };
    (is_query && fence.folder != "store" && !is_test && !named.in_tests).then(|| {
        format!(
            "`{}` has a statement: every SQL statement stands in `store`",
            fence.folder
        )
    })
}

fn spawn(named: &Named) -> Option<String> {
    let path: Vec<&str> = named.path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["tokio", "spawn"] | ["tokio", "task", "spawn" | "spawn_local"]
    )
    .then(|| {
        "a task is spawned past the lifecycle: spawn on its tracker, so that a stop waits for it".to_owned()
    })
}
