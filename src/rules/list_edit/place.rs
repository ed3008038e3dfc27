//! Where a list is stored: in its file, in its `values`, or in both.

use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::edits::{Done, EditedFile, EditedList, ListEntry};
use super::refused::EditRefused;
use super::splice::{Beside, Splice, end_of_line};
use super::value::{Named, near};
use super::{csv, text, values};
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::file::Format;
use crate::rules::lists::list::{List, ListType};
use crate::rules::load::Loaded;
use crate::rules::values::suggestion::did_you_mean;

/// A text, its kind, and its path.
pub(super) struct Medium {
    kind: Kind,
    path: String,
    list_file: Option<String>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Text,
    Values,
}

/// A list in its texts.
pub(super) struct Place<'a> {
    list: &'a str,
    pub(super) kind: ListType,
    zone: &'a TimeZone,
}

impl<'a> Place<'a> {
    pub(super) fn of(loaded: &'a Loaded, list: &'a str) -> Result<Self, EditRefused> {
        let lists = loaded.rules.lists();
        let kind = lists.get(list).map(List::kind);
        let names: Vec<&str> = lists.keys().map(String::as_str).collect();
        Ok(Self {
            list,
            kind: kind.ok_or_else(|| EditRefused::UnknownList {
                list: list.to_owned(),
                help: match names.as_slice() {
                    [] => format!("add `[lists.{list}]` with `type` and `values` or `file`"),
                    _ => did_you_mean(list, &names),
                },
            })?,
            zone: loaded.rules.zone(),
        })
    }

    /// The texts that contain the list, its file first.
    pub(super) fn media(&self, loaded: &Loaded) -> Result<Vec<Medium>, EditRefused> {
        let sources = &loaded.sources;
        let found = values::find(&sources.text, self.list).ok_or(EditRefused::Unfindable)?;
        let mut media = Vec::new();
        if let Some(file) = found.file {
            let source = sources.lists.iter().find(|source| source.file == file);
            let folder = Path::new(&sources.path).parent().unwrap_or(Path::new(""));
            media.push(Medium {
                kind: match Format::of(&file) {
                    Some(Format::Text) => Kind::Text,
                    _ => Kind::Csv,
                },
                path: folder.join(&file).display().to_string(),
                text: source.ok_or(EditRefused::Unfindable)?.text()?,
                list_file: Some(file),
            });
        }
        if found.has_values {
            media.push(Medium {
                kind: Kind::Values,
                path: sources.path.clone(),
                list_file: None,
                text: sources.text.clone(),
            });
        }
        Ok(media)
    }

    fn is(&self, entry: &ListEntry, named: &Named) -> bool {
        Named::read(&entry.value, self.kind).is_ok_and(|other| other.key == named.key)
    }

    /// Whether every entry of the value has expired. `None` if there is no entry.
    pub(super) fn ends_before(&self, media: &[Medium], named: &Named, now: Timestamp) -> Option<bool> {
        let mut is_over = None;
        for medium in media {
            medium.each(self.list, |entry, _| {
                if self.is(&entry, named) {
                    let until = entry.expires.and_then(|text| Expiry::read(&text, self.zone));
                    let counts = until.is_none_or(|until| until.includes(now));
                    is_over = Some(is_over.unwrap_or(true) && !counts);
                }
            });
        }
        is_over
    }

    pub(super) fn add(
        &self,
        media: Vec<Medium>,
        named: &Named,
        beside: Beside<'_>,
    ) -> Result<EditedList, EditRefused> {
        let medium = media.into_iter().next().ok_or(EditRefused::Unfindable)?;
        let splices = match medium.kind {
            Kind::Csv => csv::add(&medium.text, &medium.path, named, beside)?,
            Kind::Text => text::add(&medium.text, &medium.path, named, beside)?,
            Kind::Values => values::add(&medium.text, self.list, named, beside)?,
        };
        Ok(EditedList::of(named, Done::Added, [medium.spliced(splices)]))
    }

    pub(super) fn change(
        &self,
        media: Vec<Medium>,
        named: &Named,
        beside: Beside<'_>,
    ) -> Result<EditedList, EditRefused> {
        let mut files = Vec::new();
        for medium in media {
            let mut rows = Vec::new();
            medium.each(self.list, |entry, row| {
                if self.is(&entry, named) {
                    rows.push((entry, row));
                }
            });
            let mut splices = Vec::new();
            for (entry, row) in rows {
                if beside.is_so(&entry) {
                    continue;
                }
                splices.push(match medium.kind {
                    Kind::Csv => csv::change(&medium.text, &medium.path, row, beside)?,
                    Kind::Text => text::change(&medium.text, &medium.path, row, beside)?,
                    Kind::Values => values::change(&medium.text, row, &entry, beside)?,
                });
            }
            if !splices.is_empty() {
                files.push(medium.spliced(splices));
            }
        }
        let done = if files.is_empty() {
            Done::WasThere
        } else {
            Done::Changed
        };
        Ok(EditedList::of(named, done, files))
    }

    pub(super) fn remove(
        &self,
        media: Vec<Medium>,
        named: &Named,
        loaded: &Loaded,
    ) -> Result<EditedList, EditRefused> {
        let mut files = Vec::new();
        for medium in media {
            let mut splices = Vec::new();
            medium.each(self.list, |entry, row| {
                if self.is(&entry, named) {
                    splices.push((row, String::new()));
                }
            });
            if splices.is_empty() {
                continue;
            }
            if medium.kind == Kind::Values {
                let rows: Vec<Range<usize>> = splices.into_iter().map(|(row, _)| row).collect();
                splices = values::remove(&medium.text, self.list, &rows);
            } else {
                for (row, _) in &mut splices {
                    row.end = end_of_line(&medium.text, row.end);
                }
            }
            files.push(medium.spliced(splices));
        }
        if files.is_empty() {
            return Err(self.absent(named, loaded));
        }
        Ok(EditedList::of(named, Done::Removed, files))
    }

    pub(super) fn absent(&self, named: &Named, loaded: &Loaded) -> EditRefused {
        let near = loaded
            .rules
            .lists()
            .get(self.list)
            .map(|list| near(named, list))
            .unwrap_or_default();
        EditRefused::Absent {
            list: self.list.to_owned(),
            value: named.written.clone(),
            help: near,
        }
    }
}

impl Medium {
    /// Every entry with its bytes, from top to bottom.
    pub(super) fn each(&self, list: &str, visit: impl FnMut(ListEntry, Range<usize>)) {
        match self.kind {
            Kind::Csv => csv::each(&self.text, visit),
            Kind::Text => text::each(&self.text, visit),
            Kind::Values => values::each(&self.text, list, visit),
        }
    }

    fn spliced(self, mut splices: Vec<Splice>) -> EditedFile {
        let mut text = self.text;
        splices.sort_by_key(|(range, _)| range.start);
        for (range, new) in splices.into_iter().rev() {
            text.replace_range(range, &new);
        }
        EditedFile {
            path: self.path,
            list_file: self.list_file,
            text,
        }
    }
}
