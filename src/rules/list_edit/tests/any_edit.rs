//! Any edit of any list: the entry changes and nothing else does.

use proptest::prelude::*;
use proptest::sample::select;

use super::{add, expire, load, now, remove, with_file};
use crate::rules::diff;
use crate::rules::diff::ListChange;
use crate::rules::list_edit::edits::{Done, EditedList, ListEdit};
use crate::rules::list_edit::refused::EditRefused;
use crate::rules::list_edit::value::Named;
use crate::rules::list_edit::{edit_list, list_entries};
use crate::rules::lists::list::ListType;
use crate::rules::load::Loaded;
use crate::rules::model::rule_set::RuleSet;

/// Lines that an edit leaves as they are.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn number() -> impl Strategy<Value = String> {
    select(vec![
        "3125550001",
        "+1 (312) 555-0002",
        "+13125550003",
        "+1415*",
        "+1 312*",
        "4165550001",
    ])
    .prop_map(str::to_owned)
}

fn any_edit() -> impl Strategy<Value = ListEdit> {
    let note = select(vec!["", "T-1", "a, \"b\" # c", "it's"]);
    let until = select(vec!["", "2020-01-01", "2031-01-31"]);
    prop_oneof![
        (number(), note, until).prop_map(|(value, note, until)| add(&value, note, until)),
        number().prop_map(|value| remove(&value)),
        (number(), select(vec!["2026-11-21", "2020-01-01"])).prop_map(|(value, until)| expire(&value, until)),
    ]
}

fn csv_file() -> impl Strategy<Value = String> {
    let row = (
        number(),
        select(vec![
            ",,",
            "",
            ",\"a, b\"",
            ",x,2031-01-31",
            ",\"two\nlines\",2020-01-01",
        ]),
    )
        .prop_map(|(value, rest)| format!("{value}{rest}\n"));
    let row = prop_oneof![row, Just("\n".to_owned())];
    let rows = prop::collection::vec(row, 0..6);
    (rows, any::<bool>()).prop_map(|(rows, is_windows)| {
        let rows = rows.iter().enumerate();
        let rows = rows.map(|(at, row)| row.replace("\nlines", &format!("\nlines {at}")));
        let text = format!("value,note,expires\n{}", rows.collect::<String>());
        if is_windows {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

fn array() -> impl Strategy<Value = String> {
    let item = (
        number(),
        select(vec![
            "",
            ", note = \"x\"",
            ", note = '#', expires = 2031-01-31",
            ", expires = 2020-01-01",
        ]),
    )
        .prop_map(|(value, rest)| match rest {
            "" => format!("\"{value}\""),
            _ => format!("{{ value = \"{value}\"{rest} }}"),
        });
    let gap = select(vec!["", " ", "\n", "\n  ", " # c\n", "\n# alone\n  "]);
    let items = prop::collection::vec((gap.clone(), item, gap.clone()), 0..5);
    (items, gap, any::<bool>()).prop_map(|(items, end, has_comma)| {
        let items: Vec<String> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
        let comma = if has_comma && !items.is_empty() { "," } else { "" };
        format!("[{}{comma}{end}]", items.join(","))
    })
}

/// An edit that was done changes the entry and nothing else; one that was refused had a reason to be.
fn assert_done(loaded: &Loaded, edit: &ListEdit) -> Result<Option<EditedList>, TestCaseError> {
    let (ListEdit::Add { value, .. } | ListEdit::Remove { value } | ListEdit::Expire { value, .. }) = edit;
    let entries = list_entries(loaded, "locked").unwrap();
    let key = |text: &str| Named::read(text, ListType::Number).unwrap().key;
    let had = entries.iter().any(|entry| key(&entry.value) == key(value));
    let edited = match edit_list(loaded, "locked", edit, now()) {
        Ok(edited) => edited,
        Err(refused) => {
            let is_absent = matches!(refused, EditRefused::Absent { .. });
            prop_assert!(
                is_absent && !had && !matches!(edit, ListEdit::Add { .. }),
                "{}",
                refused
            );
            return Ok(None);
        }
    };
    let sources = edited.applied_to(&loaded.sources);
    let after = RuleSet::from_sources(&sources, now());
    prop_assert!(after.is_ok(), "{:?}\n{}", after.err(), sources.text);
    let after = after.unwrap();
    let others = |loaded: &Loaded| {
        let mut entries = list_entries(loaded, "locked").unwrap();
        entries.retain(|entry| key(&entry.value) != key(value));
        entries
    };
    prop_assert_eq!(others(loaded), others(&after));
    let has = list_entries(&after, "locked")
        .unwrap()
        .iter()
        .any(|entry| key(&entry.value) == key(value));
    prop_assert_eq!(has, !matches!(edit, ListEdit::Remove { .. }));
    for change in diff(&loaded.rules, &after.rules).lists {
        let ListChange::Changed { entries, .. } = change else {
            return Err(TestCaseError::fail("another list changed"));
        };
        prop_assert!(entries.added.count + entries.removed.count + entries.expires.count <= 1);
    }
    let again = edit_list(&after, "locked", edit, now());
    let is_done = match edit {
        ListEdit::Remove { .. } => matches!(again, Err(EditRefused::Absent { .. })),
        // A date in the past was requested, and stays.
        _ => again.is_ok_and(|again| again.done == Done::WasThere),
    };
    prop_assert!(is_done, "to do it again does nothing");
    Ok(Some(edited))
}

proptest! {
    #[test]
    fn any_edit_of_a_csv_changes_its_rows_and_nothing_else(file in csv_file(), edit in any_edit()) {
        let loaded = load(&with_file("a.csv"), Some(("a.csv", &file)));
        if let Some(edited) = assert_done(&loaded, &edit)?
            && let Some(new) = edited.files.first()
        {
            let kept: Vec<&str> = lines(&file).into_iter().filter(|line| lines(&new.text).contains(line)).collect();
            let also: Vec<&str> = lines(&new.text).into_iter().filter(|line| lines(&file).contains(line)).collect();
            prop_assert_eq!(kept, also);
        }
    }

    #[test]
    fn an_edit_of_values_changes_its_items_and_nothing_else(array in array(), edit in any_edit(), is_windows in any::<bool>()) {
        let text = format!("version = 1 # one\n[lists]\n# before\nlocked.values = {array} # behind\n\nlocked.type = 'number'\n");
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        let loaded = load(&text, None);
        if let Some(edited) = assert_done(&loaded, &edit)?
            && let Some(new) = edited.files.first()
        {
            let (head, tail) = text.split_once('[').map(|_| text.split_at(text.find(&*array.replace('\n', if is_windows { "\r\n" } else { "\n" })).unwrap())).unwrap();
            prop_assert!(new.text.starts_with(head));
            let end = tail.rfind(']').unwrap();
            prop_assert!(new.text.ends_with(&tail[end..]));
            // Comments on separate lines always stay.
            prop_assert_eq!(text.matches("# alone").count(), new.text.matches("# alone").count());
        }
    }
}
