//! Which table of a rule file a key is in, and the keys that belong there.

/// The kinds of tables a rule file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableKind {
    File,
    Defaults,
    List,
    ListEntry,
    Rule,
    Reject,
    Test,
}

pub(crate) const TABLE_KINDS: [TableKind; 7] = [
    TableKind::File,
    TableKind::Defaults,
    TableKind::List,
    TableKind::ListEntry,
    TableKind::Rule,
    TableKind::Reject,
    TableKind::Test,
];

impl TableKind {
    /// The keys that the table has.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::File => &["version", "timezone", "defaults", "lists", "rule", "test"],
            Self::Defaults => &["no_match", "on_unknown", "decide_within", "at_decide_by", "allow"],
            Self::List => &["type", "values", "file", "allow"],
            Self::ListEntry => &["value", "note", "expires"],
            Self::Rule => &[
                "id",
                "about",
                "mode",
                "expires",
                "match",
                "unless",
                "action",
                "reject",
                "notify",
                "host_messaging",
                "allow",
            ],
            Self::Reject => &["because", "reason"],
            Self::Test => &["name", "given", "expect", "by", "cause", "unknown"],
        }
    }

    /// How the table is called in messages.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::File => "the top level of the file",
            Self::Defaults => "`[defaults]`",
            Self::List => "a list",
            Self::ListEntry => "an entry of a list",
            Self::Rule => "a `[[rule]]`",
            Self::Reject => "`reject` of a rule",
            Self::Test => "a `[[test]]`",
        }
    }

    /// How to move a key here that fell into another table.
    pub(super) fn how_to_move(self, key: &str) -> String {
        match self {
            Self::File => {
                format!("`{key}` belongs to the top level of the file: move it above the first heading")
            }
            Self::Reject => format!("write `reject.{key}`"),
            table_kind => format!("`{key}` belongs to {}: move it there", table_kind.title()),
        }
    }
}
