use strum::VariantNames;
use toml::de::DeValue;

use super::super::Code;
use super::super::list::{ListBuilder, ListType, Until};
use super::super::list_file;
use super::super::places::{Doubles, ListPlace};
use super::super::source::{ListSource, Origin};
use super::super::suggestion::listed;
use super::section::{Entry, Home, Section};
use super::{Reading, allows};

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
        let Some(section) = entry.section(Home::List, report) else {
            return;
        };
        report.open_allows(allows::read(&section, Home::List, report));
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

    /// `None` where the type of the list is not known.
    fn read_list_parts(&mut self, entry: &Entry<'_>, section: &Section<'_>) -> Option<Doubles> {
        let report = self.report;
        let help = format!("write `type = …`, one of {}", listed(ListType::VARIANTS));
        let kind = section.need("type", Home::List, &help, report);
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
                _ => self.read_value(&item, Until::Forever, builder),
            }
        }
    }

    /// `{ value = "…", note = "…", expires = 2027-01-31 }`
    fn read_noted_value(&self, item: &Entry<'_>, builder: &mut ListBuilder) {
        let report = self.report;
        let Some(section) = item.section(Home::ListEntry, report) else {
            return;
        };
        if let Some(note) = section.get("note") {
            note.text(report);
        }
        let until = match section.get("expires") {
            Some(expires) => self.entry_until(&expires),
            None => Until::Forever,
        };
        let help = "write `{ value = \"…\", note = \"…\", expires = 2027-01-31 }`";
        if let Some(value) = section.need("value", Home::ListEntry, help, report) {
            self.read_value(&value, until, builder);
        }
    }

    fn entry_until(&self, expires: &Entry<'_>) -> Until {
        let until = self.until(expires).unwrap_or(Until::Forever);
        if !until.includes(self.now) {
            self.report.warning(
                Code::ExpiredEntry,
                &expires.span,
                "this entry is past its date and counts as absent",
                "take it out, or give it a later `expires`",
            );
        }
        until
    }

    fn read_value(&self, item: &Entry<'_>, until: Until, builder: &mut ListBuilder) {
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
        let Some(format) = list_file::Format::of(file) else {
            self.report.error(
                Code::UnreadableList,
                &entry.span,
                format!("`{file}` is no list file: its name ends neither in .csv nor in .txt"),
                "use a .csv with the columns value,note,expires, or a .txt with one value a line",
            );
            return;
        };
        let unreadable = |error: std::io::Error| {
            self.report.error(
                Code::UnreadableList,
                &entry.span,
                format!("the list file `{file}` cannot be read: {error}"),
                "the path counts from the folder of the rule file",
            );
        };
        let (reader, origin) = match self.shelf.open(file) {
            Ok(opened) => opened,
            Err(error) => return unreadable(error),
        };
        let shown = match &origin {
            Origin::Disk(path) => path.display().to_string(),
            Origin::Memory(_) => file.to_owned(),
        };
        let place = list_file::Place {
            file: &shown,
            zone: &self.zone,
            now: self.now,
        };
        match list_file::read(reader, format, place, builder) {
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
}

fn text_of(entry: &Entry<'_>) -> Option<String> {
    match entry.value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}
