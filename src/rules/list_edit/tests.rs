//! Tests of edits of lists in list files and in the rule file.

mod any_edit;

use super::*;
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::list::List;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::sources::Sources;

/// A Saturday noon in Chicago.
fn now() -> Timestamp {
    "2026-11-21T18:00:00Z".parse().unwrap()
}

fn load(text: &str, file: Option<(&str, &str)>) -> Loaded {
    let file = file.map(|(name, text)| (name.to_owned(), text.to_owned()));
    RuleSet::from_sources(&Sources::in_memory("etc/rules.toml", text, file), now()).unwrap()
}

fn add(value: &str, note: &str, until: &str) -> ListEdit {
    ListEdit::Add {
        value: value.to_owned(),
        note: (!note.is_empty()).then(|| note.to_owned()),
        until: (!until.is_empty()).then(|| until.parse().unwrap()),
    }
}

fn remove(value: &str) -> ListEdit {
    let value = value.to_owned();
    ListEdit::Remove { value }
}

fn expire(value: &str, until: &str) -> ListEdit {
    ListEdit::Expire {
        value: value.to_owned(),
        until: until.parse().unwrap(),
    }
}

/// Does edits one after the other, each to what the one before has left, and makes sure that the result loads.
fn edited(mut loaded: Loaded, edits: &[ListEdit]) -> (Loaded, Vec<Done>) {
    let mut done = Vec::new();
    for edit in edits {
        let list =
            edit_list(&loaded, "locked", edit, now()).unwrap_or_else(|error| panic!("{edit:?}: {error}"));
        done.push(list.done);
        loaded = RuleSet::from_sources(&list.applied_to(&loaded.sources), now()).unwrap();
    }
    (loaded, done)
}

fn refused(loaded: &Loaded, list: &str, edit: &ListEdit) -> String {
    edit_list(loaded, list, edit, now()).unwrap_err().to_string()
}

fn with_file(file: &str) -> String {
    format!(
        "version = 1\ntimezone = \"America/Chicago\"\n[lists.locked]\ntype = \"number\"\nfile = \"{file}\"\n"
    )
}

fn csv(text: &str, edits: &[ListEdit]) -> String {
    let loaded = load(&with_file("lists/locked.csv"), Some(("lists/locked.csv", text)));
    let (loaded, _) = edited(loaded, edits);
    loaded.sources.lists[0].text().unwrap()
}

fn txt(text: &str, edits: &[ListEdit]) -> String {
    let loaded = load(&with_file("locked.txt"), Some(("locked.txt", text)));
    let (loaded, _) = edited(loaded, edits);
    loaded.sources.lists[0].text().unwrap()
}

fn values(array: &str, edits: &[ListEdit]) -> String {
    let head = "version = 1\n[lists.locked]\ntype = \"number\"\nvalues = ";
    let (loaded, _) = edited(load(&format!("{head}{array}\n# end\n"), None), edits);
    let text = loaded.sources.text;
    let array = text
        .strip_prefix(head)
        .unwrap()
        .strip_suffix("\n# end\n")
        .unwrap();
    array.to_owned()
}

#[test]
fn an_edit_of_a_csv_changes_its_rows_and_no_other_byte() {
    let file = "\u{feff}value,note,expires\r\n+13125550001,\"a, b\",\r\n\r\n\"312-555-0002\",\"two\nlines\",2031-01-31\r\n 3125550003";
    assert_eq!(
        csv(file, &[add("312 555 0004", "T-1, \"urgent\"", "2031-05-01")]),
        format!("{file}\r\n+13125550004,\"T-1, \"\"urgent\"\"\",2031-05-01\r\n")
    );
    assert_eq!(
        csv(file, &[add("+1415*", "", "")]),
        format!("{file}\r\n+1415*,,\r\n")
    );
    assert_eq!(
        csv(file, &[remove("3125550002"), remove("+13125550003")]),
        "\u{feff}value,note,expires\r\n+13125550001,\"a, b\",\r\n\r\n"
    );
    assert_eq!(
        csv(
            file,
            &[
                expire("+13125550001", "2026-11-21"),
                add("3125550003", "seen", "")
            ]
        ),
        "\u{feff}value,note,expires\r\n+13125550001,\"a, b\",2026-11-21\r\n\r\n\"312-555-0002\",\"two\nlines\",2031-01-31\r\n 3125550003,seen,"
    );
    assert_eq!(
        csv(
            "expires,value\n2031-01-01,3125550001\n",
            &[
                add("3125550002", "", "2032-01-01"),
                expire("3125550001", "2030-01-01")
            ]
        ),
        "expires,value\n2030-01-01,3125550001\n2032-01-01,+13125550002\n"
    );
}

#[test]
fn an_edit_of_a_text_file_changes_its_lines_and_no_other_byte() {
    let file = "# Locks.\n+13125550001   # by phone\n\n  312-555-0002\n# the end";
    assert_eq!(
        txt(file, &[add("3125550003", "T-1", ""), add("3125550004", "", "")]),
        format!("{file}\n+13125550003   # T-1\n+13125550004\n")
    );
    assert_eq!(
        txt(file, &[remove("3125550001"), add("3125550002", "seen", "")]),
        "# Locks.\n\n  312-555-0002   # seen\n# the end"
    );
    let loaded = load(&with_file("locked.txt"), Some(("locked.txt", file)));
    let rendered = "`etc/locked.txt` has one value per line and no dates: convert it to a .csv with the columns \
                value,note,expires, or add the entry to `values` in the rule file";
    assert_eq!(
        refused(&loaded, "locked", &expire("3125550001", "2031-01-01")),
        rendered
    );
    assert_eq!(
        refused(&loaded, "locked", &add("3125550009", "", "2031-01-01")),
        rendered
    );
}

#[test]
fn values_in_the_rule_file_are_changed_in_place() {
    let one = "[\"+13125550001\", { value = '3125550002', note = \"T-1\", expires = 2031-01-31 }]   # locks";
    let new = [
        add("3125550003", "", ""),
        add("3125550004", "it's \"x\"", "2031-01-01"),
    ];
    assert_eq!(
        values(one, &new),
        "[\"+13125550001\", { value = '3125550002', note = \"T-1\", expires = 2031-01-31 }, \"+13125550003\", { value = \"+13125550004\", note = \"it's \\\"x\\\"\", expires = 2031-01-01 }]   # locks"
    );
    assert_eq!(
        values(one, &[remove("3125550002")]),
        "[\"+13125550001\"]   # locks"
    );
    assert_eq!(
        values(one, &[remove("3125550001"), expire("3125550002", "2026-12-01")]),
        "[{ value = \"3125550002\", note = \"T-1\", expires = 2026-12-01 }]   # locks"
    );
    assert_eq!(values("[]", &[add("3125550001", "", "")]), "[\"+13125550001\"]");
    assert_eq!(values("[\"3125550001\"]", &[remove("3125550001")]), "[]");

    let many = "[\n  # The first ones.\n  \"3125550001\", # one\n  \"3125550002\",  \"3125550003\"   # two, three\n]";
    assert_eq!(
        values(many, &[add("3125550004", "", "")]),
        "[\n  # The first ones.\n  \"3125550001\", # one\n  \"3125550002\",  \"3125550003\",   # two, three\n  \"+13125550004\",\n]"
    );
    assert_eq!(
        values(many, &[remove("3125550001"), remove("3125550003")]),
        "[\n  # The first ones.\n  \"3125550002\"   # two, three\n]"
    );
    assert_eq!(
        values(many, &[add("3125550002", "T-2", "")]),
        many.replace("\"3125550002\"", "{ value = \"3125550002\", note = \"T-2\" }")
    );
    assert_eq!(
        values("[\n  \"3125550001\" # one\n  ,\n]", &[add("3125550002", "", "")]),
        "[\n  \"3125550001\", \"+13125550002\" # one\n  ,\n]"
    );
}

#[test]
fn an_existing_entry_is_reported_and_an_expired_one_becomes_active_again() {
    let text = with_file("a.csv") + "values = [\"+13125550001\"]\n";
    let loaded = load(
        &text,
        Some((
            "a.csv",
            "value,note,expires\n3125550001,x,\n3125550002,,2026-11-20\n3125550003,,2031-01-01\n",
        )),
    );
    let done = |edit: ListEdit| {
        let list = edit_list(&loaded, "locked", &edit, now()).unwrap();
        let files: Vec<String> = list.files.iter().map(|file| file.path.clone()).collect();
        (list.done, files.join(" "))
    };
    let nothing = String::new;
    assert_eq!(done(add("+1 312 555 0001", "", "")), (Done::WasThere, nothing()));
    assert_eq!(done(add("3125550003", "", "")), (Done::WasThere, nothing()));
    assert_eq!(
        done(add("3125550003", "", "2031-01-01")),
        (Done::WasThere, nothing())
    );
    assert_eq!(
        done(add("3125550002", "", "")),
        (Done::Changed, "etc/a.csv".to_owned())
    );
    assert_eq!(
        done(add("3125550004", "", "")),
        (Done::Added, "etc/a.csv".to_owned())
    );
    // The entry is in the file and in `values`, and the latest date counts, so an expiry must be set in both.
    let both = "etc/a.csv etc/rules.toml".to_owned();
    assert_eq!(
        done(expire("3125550001", "2026-11-21")),
        (Done::Changed, both.clone())
    );
    assert_eq!(done(remove("3125550001")), (Done::Removed, both));

    let (after, _) = edited(
        loaded.clone(),
        &[
            add("3125550002", "", ""),
            remove("3125550001"),
            expire("3125550003", "2026-11-21"),
        ],
    );
    let List::Numbers(numbers) = &after.rules.lists()["locked"] else {
        panic!("asked for numbers")
    };
    let midnight = Expiry::Instant("2026-11-22T06:00:00Z".parse().unwrap());
    assert_eq!(
        numbers.entries().collect::<Vec<_>>(),
        [(13_125_550_002, Expiry::Forever), (13_125_550_003, midnight)]
    );
}

#[test]
fn an_impossible_edit_is_refused_with_a_fix() {
    let text = "version = 1\n[lists.locked]\ntype = \"number\"\nvalues = [\"+1415*\", \"3125550001\"]\n[lists.spids]\ntype = \"spid\"\nfile = \"a.csv\"\n[lists.names]\ntype = \"text\"\nvalues = [{ value = \"Onvoy*\", # why\n }]\n";
    let loaded = load(text, Some(("a.csv", "value,note\n073H,x\n")));
    let rendered = |list: &str, edit: &ListEdit| refused(&loaded, list, edit);
    let cases = [
        rendered("lockd", &remove("x")),
        rendered("locked", &add("12", "", "")),
        rendered("locked", &remove("4155550100")),
        rendered("locked", &remove("3125550010")),
        rendered("spids", &remove("73H")),
        rendered("spids", &remove("ABCDEF")),
        rendered("spids", &add("0 7", "", "")),
        rendered("spids", &expire("073h", "2031-01-01")),
        rendered("names", &add("/(/", "", "")),
        rendered("names", &add(" ", "", "")),
        rendered("names", &add("onvoy*", "seen", "")),
        rendered("names", &add("x", "a\nb", "")),
    ];
    insta::assert_snapshot!(cases.join("\n"), @r#"
    the rule file has no list `lockd`: did you mean `locked`?
    `12` is not a valid phone number or prefix: write the complete number, such as "+13125550123", or a prefix such as "+1312*"
    the list `locked` has no entry `+14155550100`; its entry `+1415*` covers it
    the list `locked` has no entry `+13125550010`; similar entries: `+13125550001`
    the list `spids` has no entry `73H`; similar entries: `073H`
    the list `spids` has no entry `ABCDEF`; `portoutd rules list show` prints its entries
    `0 7` is not a valid SPID: write 1 to 64 letters, digits, `-` or `_` without spaces, such as "073H"
    `etc/a.csv` has no column `expires`: add it at the end of the first line
    the regular expression `/(/` is not valid: a `(` is not closed: fix the expression between the slashes, or write text with `*`, which matches any characters
    `` is not a valid list entry: write it as one line of text
    the entry `Onvoy*` has comments inside its braces: edit it manually
    the note contains a line break or another control character: write it as one line of text
    "#);
}

#[test]
fn the_entries_of_a_list_are_shown_as_they_are_written() {
    let text = with_file("a.txt") + "values = [{ value = \"3125550002\", expires = 2031-01-31 }]\n";
    let loaded = load(&text, Some(("a.txt", "# c\n+13125550001 # by phone\n")));
    let entries = list_entries(&loaded, "locked").unwrap();
    insta::assert_json_snapshot!(entries, @r#"
    [
      {
        "value": "+13125550001",
        "note": "by phone",
        "expires": null
      },
      {
        "value": "3125550002",
        "note": null,
        "expires": "2031-01-31"
      }
    ]
    "#);
}
