//! The fences between the folders of `src`: which may use which, and what stays out of the pure ones.
//!
//! `main → cli → http → engine → {rules, store, telnyx} → domain`. The sources are read as tokens, so that comments
//! and strings do not count and grouped imports, `super` and paths inside expressions do.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod fences {
    mod check;
    mod circles;
    mod english;
    mod hosts;
    mod logged_errors;
    mod metric_names;
    mod paths;
    mod tokens;

    pub(crate) use check::{Source, violations};
    pub(crate) use circles::circles;
    pub(crate) use logged_errors::errors_without_causes;
    pub(crate) use metric_names::without_description;
}

use std::fs;
use std::path::Path;

use regex::Regex;

use fences::{Source, circles, errors_without_causes, violations, without_description};

fn collect(folder: &Path, root: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of sources can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, root, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source can be read");
            let name = path
                .strip_prefix(root)
                .expect("it lies below the root")
                .display()
                .to_string();
            into.push(Source { name, text });
        }
    }
}

/// Every file below `src`.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(&root.join("src"), root, &mut sources);
    assert!(sources.len() > 20, "the sources were found");
    sources
}

/// The lines that print past `src/cli/terminal`, which escapes everything that is printed.
fn direct_prints(source: &Source) -> Vec<String> {
    let print = Regex::new(r"\b(e?print(ln)?|dbg)!\(|\bio::std(out|err)\(").expect("the pattern is valid");
    let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().enumerate();
    let found = lines.filter(|(_, line)| !line.trim_start().starts_with("//") && print.is_match(line));
    let places = found.map(|(at, line)| format!("{}:{}: {}", source.name, at + 1, line.trim()));
    places.collect()
}

#[test]
fn only_the_terminal_folder_prints() {
    let sources = sources();
    let others = sources
        .iter()
        .filter(|source| !source.name.starts_with("src/cli/terminal/"));
    let found: Vec<String> = others.flat_map(direct_prints).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let planted = Source {
        name: "src/a.rs".to_owned(),
        text: "fn f() {\n    eprintln!(\"a\");\n}\n// println!(1)\n#[cfg(test)]\nmod tests { fn g() { dbg!(1); } }\n".to_owned(),
    };
    assert_eq!(direct_prints(&planted), ["src/a.rs:2: eprintln!(\"a\");"]);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found = circles(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_circle_is_found_through_a_name_that_is_passed_on() {
    let source = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let face = source(
        "src/store/mod.rs",
        "mod pool;\nmod error;\npub use error::StoreError;\n",
    );
    let pool = source("src/store/pool.rs", "use super::StoreError;\npub fn open() {}\n");
    let apart = source(
        "src/store/error.rs",
        "//! See [`super::pool`].\npub struct StoreError;\n",
    );
    let in_test = source(
        "src/store/error.rs",
        "mod tests { use super::super::pool::open; }\n",
    );
    let circle = source(
        "src/store/error.rs",
        "use super::pool;\nfn f() { pool::open(); }\n",
    );
    for fine in [apart, in_test] {
        let text = |one: &Source| source(&one.name, &one.text);
        assert_eq!(circles(&[text(&face), text(&pool), fine]), [""; 0]);
    }
    assert_eq!(
        circles(&[face, pool, circle]),
        [
            "2 files import each other in a circle:\n  src/store/error.rs uses pool of src/store/pool.rs\n  \
          src/store/pool.rs uses StoreError of src/store/error.rs"
        ]
    );
}

#[test]
fn no_folder_reaches_against_the_direction() {
    let sources = sources();
    let found: Vec<String> = sources.iter().flat_map(violations).collect();
    assert!(
        found.is_empty(),
        "{} fences are broken:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// What is found in one file with this name and text.
fn found_in(name: &str, text: &str) -> Vec<String> {
    violations(&Source {
        name: name.to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn a_planted_import_is_found_in_every_way_to_write_it() {
    for text in [
        "use crate::engine::Intake;",
        "use crate::{domain::Order, engine};",
        "use crate::{\n    domain::{Order, Pin},\n    engine::{self as e},\n};",
        "use super::super::engine::Intake;",
        "use super::{super::engine::Intake, error::StoreError};",
        "fn f() { crate::engine::decide(); }",
        "fn f(x: &'static crate::engine::Intake<'_>) {}",
        "mod inner { use super::super::super::engine::Intake; }",
        "use portoutd::engine::Intake;",
        "use crate::*;",
    ] {
        let found = found_in("src/store/numbers.rs", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with("src/store/numbers.rs:"), "{found:?}");
    }
}

#[test]
fn the_message_tells_place_edge_and_reason() {
    let found = found_in(
        "src/telnyx/client.rs",
        "//! Words.\n\nuse crate::store::StoreError;\n",
    );
    assert_eq!(
        found,
        [
            "src/telnyx/client.rs:3: `telnyx` uses `crate::store`, and may use only `domain`, `clock`: \
             the outside does not know the database; they meet in the engine"
        ]
    );
}

#[test]
fn what_only_looks_like_an_import_is_none() {
    for text in [
        "// use crate::engine::Intake;",
        "/* use crate::engine; /* nested */ crate::http */",
        "/// See [`crate::engine::Intake`].\nfn f() {}",
        "const A: &str = \"crate::engine\"; const B: &str = r#\"use \"crate::http\" \"#; const C: char = '\"';",
        "pub(crate) fn engine() {}\npub(in crate::store) struct X;",
        "use super::super::domain::Order;\nuse crate::store::error::StoreError;\nuse self::engine::x;\nuse super::engine::y;",
        "mod tests { use super::*; }",
    ] {
        assert_eq!(
            found_in("src/store/numbers.rs", text),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn every_folder_stands_in_the_table() {
    let found = found_in("src/shiny/mod.rs", "");
    assert!(found[0].contains("`shiny` has no place"), "{found:?}");
}

#[test]
fn settings_and_the_command_line_are_nobodys_business() {
    for (name, text) in [
        ("src/engine/mod.rs", "use crate::settings::Settings;"),
        ("src/http/mod.rs", "use crate::cli::Failure;"),
        ("src/engine/mod.rs", "use crate::http::router;"),
        ("src/simulator/mod.rs", "use crate::telnyx::Client;"),
        ("src/postgres/mod.rs", "use crate::domain::Order;"),
        ("src/register/mod.rs", "use crate::store::numbers;"),
        ("src/main.rs", "use portoutd::engine::x;"),
    ] {
        assert_eq!(found_in(name, text).len(), 1, "{name}: {text}");
    }
    assert_eq!(
        found_in(
            "src/cli/serve.rs",
            "use crate::settings::Settings;\nuse crate::http::router;"
        )
        .len(),
        0
    );
}

#[test]
fn the_pure_folders_know_no_machinery() {
    for (name, text) in [
        ("src/domain/order.rs", "async fn f() {}"),
        ("src/domain/order.rs", "#[derive(sqlx::Type)]\nstruct X;"),
        ("src/domain/order.rs", "use reqwest::Url;"),
        ("src/rules/load.rs", "fn f() { tokio::fs::read(x); }"),
        ("src/rules/load.rs", "use axum::Json;"),
    ] {
        assert_eq!(found_in(name, text).len(), 1, "{name}: {text}");
    }
    assert_eq!(
        found_in("src/engine/mod.rs", "async fn f() { tokio::select! {} }").len(),
        0
    );
}

#[test]
fn sql_stands_in_store_and_tests_only() {
    let queries = ["sqlx::query!(x)", "sqlx::query_as::<_, X>(x)", "query_scalar!(x)"];
    for query in queries {
        let text = format!("fn f() {{ {query}; }}");
        assert_eq!(found_in("src/engine/answer.rs", &text).len(), 1, "{query}");
        assert_eq!(found_in("src/store/orders.rs", &text).len(), 0, "{query}");
        assert_eq!(found_in("src/engine/answer/tests.rs", &text).len(), 0, "{query}");
        assert_eq!(
            found_in("src/engine/answer.rs", &format!("mod tests {{ {text} }}")).len(),
            0,
            "{query}"
        );
    }
    assert_eq!(
        found_in("src/engine/answer.rs", "use sqlx::{PgPool, query_as};").len(),
        1
    );
}

#[test]
fn every_logged_error_has_its_causes() {
    let found: Vec<String> = sources().iter().flat_map(errors_without_causes).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_metric_is_described() {
    let found = without_description(&sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_task_is_spawned_past_the_lifecycle() {
    for text in [
        "tokio::spawn(x)",
        "tokio::task::spawn(x)",
        "tokio::task::spawn_local(x)",
    ] {
        assert_eq!(
            found_in("src/cli/serve.rs", &format!("fn f() {{ {text}; }}")).len(),
            1,
            "{text}"
        );
    }
    assert_eq!(
        found_in("src/cli/serve.rs", "use tokio::{select, spawn};").len(),
        1
    );
    let fine = "fn f() { tracker.spawn(x); tokio::task::spawn_blocking(x); std::thread::spawn(x); }";
    assert_eq!(found_in("src/cli/serve.rs", fine).len(), 0);
}
