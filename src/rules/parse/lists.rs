//! Reads the lists and their files.

use std::io::{self, ErrorKind};
use std::ops::Range;

use crate::domain::words::Word;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::section::{Entry, Section};
use super::table_kind::TableKind;
use super::{Reading, allows};
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::expiry::Expiry;
use crate::rules::lists::file;
use crate::rules::lists::list::{ListBuilder, ListType};
use crate::rules::model::places::{Doubles, ListPlace};
use crate::rules::source::regular_file::Unfit;
use crate::rules::source::sources::ListSource;
use crate::rules::values::suggestion::{listed, nearest};

impl Reading<'_, '_> {
    /// Reads `[lists.NAME]`, one after the other.
    pub(super) fn read_lists(&mut self, entry: &Entry<'_>) {
        let DeValue::Table(table) = entry.value else {
            self.report
                .wrong_type(entry, "tables, each with a name", "write `[lists.NAME]`");
            return;
        };
        for list in Section::of(table, entry.span.clone()).entries() {
            self.read_list(list);
        }
    }

    fn read_list(&mut self, entry: &Entry<'_>) {
        let report = self.report;
        let Some(section) = entry.section(TableKind::List, report) else {
            return;
        };
        report.open_allows(allows::read(&section, TableKind::List, report));
        let file = section.get("file").as_ref().and_then(text_of);
        let doubles = self.read_list_parts(entry, &section);
        let allows = report.close_allows();
        self.places.lists.push(ListPlace {
            name: entry.key.to_owned(),
            span: entry.key_span.clone(),
            file,
            doubles: doubles.unwrap_or_default(),
            allows,
        });
    }

    /// `None` if the type of the list is unknown.
    fn read_list_parts(&mut self, entry: &Entry<'_>, section: &Section<'_>) -> Option<Doubles> {
        let report = self.report;
        let help = format!("write `type = …`, one of {}", listed(ListType::WORDS));
        let kind = section.need("type", TableKind::List, &help, report);
        let Some(kind) = kind.and_then(|entry| entry.word::<ListType>(report)) else {
            self.unreadable_lists.insert(entry.key.to_owned());
            return None;
        };
        let mut builder = ListBuilder::of(kind);
        if section.get("values").is_none() && section.get("file").is_none() {
            let message = format!("the list `{}` has neither `values` nor `file`", entry.key);
            let help = "write `values = [\"…\"]`, or `file = \"lists/NAME.csv\"`";
            report.error(Code::MissingKey, &entry.key_span, message, help);
        }
        if let Some(values) = section.get("values") {
            self.read_values(&values, &mut builder);
        }
        if let Some(file) = section.get("file") {
            self.read_list_file(&file, &mut builder);
        }
        let (list, doubles) = builder.finish();
        self.lists.insert(entry.key.to_owned(), list);
        Some(doubles)
    }

    fn read_values(&self, values: &Entry<'_>, builder: &mut ListBuilder) {
        let DeValue::Array(_) = values.value else {
            self.report.wrong_type(
                values,
                "an array",
                "write the values in brackets: `values = [\"…\", \"…\"]`",
            );
            return;
        };
        for item in values.items() {
            match item.value {
                DeValue::Table(_) => self.read_noted_value(&item, builder),
                _ => self.read_value(&item, Expiry::Forever, builder),
            }
        }
    }

    /// `{ value = "…", note = "…", expires = 2027-01-31 }`
    fn read_noted_value(&self, item: &Entry<'_>, builder: &mut ListBuilder) {
        let report = self.report;
        let Some(section) = item.section(TableKind::ListEntry, report) else {
            return;
        };
        if let Some(note) = section.get("note") {
            note.text(report);
        }
        let until = match section.get("expires") {
            Some(expires) => self.entry_until(&expires),
            None => Expiry::Forever,
        };
        let help = "write `{ value = \"…\", note = \"…\", expires = 2027-01-31 }`";
        if let Some(value) = section.need("value", TableKind::ListEntry, help, report) {
            self.read_value(&value, until, builder);
        }
    }

    fn entry_until(&self, expires: &Entry<'_>) -> Expiry {
        let until = self.until(expires).unwrap_or(Expiry::Forever);
        if !until.includes(self.now) {
            self.report.warning(
                Code::ExpiredEntry,
                &expires.span,
                "this entry has expired and is ignored",
                "remove it, or set a later `expires`",
            );
        }
        until
    }

    fn read_value(&self, item: &Entry<'_>, until: Expiry, builder: &mut ListBuilder) {
        if let Some(text) = item.text(self.report)
            && let Err(problem) = builder.read(text, until)
        {
            self.report
                .error(problem.code, &item.span, problem.message, problem.help);
        }
    }

    fn read_list_file(&mut self, entry: &Entry<'_>, builder: &mut ListBuilder) {
        let Some(file) = entry.text(self.report) else {
            return;
        };
        let Some(format) = file::Format::of(file) else {
            self.report.error(
                Code::UnreadableList,
                &entry.span,
                format!("`{file}` is not a list file: its name must end in .csv or .txt"),
                "save it as a .csv with the columns value,note,expires, or as a .txt with one value per line",
            );
            return;
        };
        let unreadable = |error: std::io::Error| self.report_unreadable(entry, file, &error);
        let (reader, origin) = match self.resolver.open(file) {
            Ok(opened) => opened,
            Err(error) => return unreadable(error),
        };
        let shown = origin.shown(file);
        let place = file::Place {
            file: &shown,
            zone: &self.zone,
            now: self.now,
        };
        match file::read(reader, format, place, builder) {
            Err(error) => unreadable(error),
            Ok(read) => {
                read.findings
                    .into_iter()
                    .for_each(|finding| self.report.add(finding));
                self.sources.push(ListSource {
                    file: file.to_owned(),
                    digest: read.digest,
                    bytes: read.bytes,
                    origin,
                });
            }
        }
    }

    fn report_unreadable(&self, entry: &Entry<'_>, file: &str, error: &io::Error) {
        let unfit = Unfit::of(error);
        let what = match (unfit, error.kind()) {
            (Some(unfit), _) => unfit.to_string(),
            (None, ErrorKind::NotFound) => "does not exist".to_owned(),
            (None, ErrorKind::PermissionDenied) => {
                "cannot be read by this user: permission denied".to_owned()
            }
            (None, ErrorKind::IsADirectory) => "is a folder".to_owned(),
            (None, _) => format!("cannot be read: {error}"),
        };
        let written = self.report.slice(&entry.span);
        let files = self.resolver.files();
        let near = || nearest(file, files.iter().map(String::as_str));
        let help = match error.kind() {
            _ if unfit.is_some() => unfit.map(help_for).unwrap_or_default().to_owned(),
            _ if written.contains('\\') => {
                let slashes = written.replace("\\\\", "/").replace('\\', "/");
                format!("write a path with `/`, not with backslashes: {slashes}")
            }
            ErrorKind::NotFound => match near() {
                Some(file) => format!("did you mean \"{file}\"?"),
                None => "write a path relative to the folder of the rule file".to_owned(),
            },
            ErrorKind::IsADirectory => "name a .csv or .txt file in the folder".to_owned(),
            _ => "write a path relative to the folder of the rule file".to_owned(),
        };
        let message = format!("the list file `{}` {what}", file.escape_debug());
        self.report
            .error(Code::UnreadableList, &entry.span, message, help);
    }
}

fn help_for(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::NotRegular(_) => "write the list to a file on disk and name that file",
        Unfit::TooLarge(_) => {
            "shorten the list, or raise `lists.max_size` in the settings and pass them with `--config`"
        }
    }
}

fn text_of(entry: &Entry<'_>) -> Option<String> {
    match entry.value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The values of a list in a rule file, each with its position. The file must have been read without errors.
pub(crate) fn values_of_list(text: &str, name: &str) -> Vec<(Range<usize>, String)> {
    let Ok(file) = DeTable::parse(text) else {
        return Vec::new();
    };
    let list = file.get_ref().get("lists").and_then(|lists| below(lists, name));
    let values = list.and_then(|list| below(list, "values"));
    let Some(DeValue::Array(values)) = values.map(Spanned::get_ref) else {
        return Vec::new();
    };
    let text_of = |value: &Spanned<DeValue<'_>>| {
        let DeValue::String(text) = below(value, "value").unwrap_or(value).get_ref() else {
            return None;
        };
        Some((value.span(), text.to_string()))
    };
    values.iter().filter_map(text_of).collect()
}

/// The list files that the text of a rule file names, even if it has other errors. Empty if the text is not TOML.
#[must_use]
pub fn named_list_files(text: &str) -> Vec<String> {
    let Ok(file) = DeTable::parse(text) else {
        return Vec::new();
    };
    let Some(DeValue::Table(lists)) = file.get_ref().get("lists").map(Spanned::get_ref) else {
        return Vec::new();
    };
    let file_of = |list: &Spanned<DeValue<'_>>| match below(list, "file")?.get_ref() {
        DeValue::String(file) => Some(file.to_string()),
        _ => None,
    };
    lists.iter().filter_map(|(_, list)| file_of(list)).collect()
}

/// The value of a key, if the value is a table that has the key.
fn below<'v, 'd>(value: &'v Spanned<DeValue<'d>>, key: &str) -> Option<&'v Spanned<DeValue<'d>>> {
    match value.get_ref() {
        DeValue::Table(table) => table.get(key),
        _ => None,
    }
}
