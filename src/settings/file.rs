//! Settings from a file.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;
use super::keys::{self, Key, Kind};
use super::layer::Layer;
use crate::domain::AccountName;

/// Reads a settings file. Checks every key and the TOML type of every value. Each problem contains its line.
pub(super) fn read(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Layer {
    let mut reading = Reading {
        path,
        text,
        layer: Layer::default(),
        problems,
    };
    match DeTable::parse(text) {
        Ok(table) => reading.table("", table.get_ref()),
        Err(error) => {
            let place = reading.place(error.span().unwrap_or_default());
            let message = format!("this is not valid TOML: {}", error.message());
            reading.problems.push(Problem::of_place(&place, message));
        }
    }
    reading.layer
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    layer: Layer,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        // In the order of the file, because people fix problems from top to bottom.
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = match section {
                "" => key.get_ref().to_string(),
                section => format!("{section}.{}", key.get_ref()),
            };
            let origin = self.place(key.span());
            if let Err(problem) = self.entry(&name, &origin, value) {
                self.problems.push(problem);
            }
        }
    }

    fn entry(&mut self, name: &str, origin: &str, value: &Spanned<DeValue<'_>>) -> Result<(), Problem> {
        match (value.get_ref(), keys::find(name)) {
            (DeValue::Table(table), None) if keys::is_section(name) => {
                check_account(name).map_err(|message| Problem::new(name, origin, message))?;
                self.table(name, table);
                Ok(())
            }
            (_, None) if keys::is_section(name) => Err(Problem::new(
                name,
                origin,
                format!("is a table of settings: write `[{name}]` on a separate line"),
            )),
            (_, None) => Err(unknown(name, origin)),
            (value, Some(key)) => {
                let text = self
                    .scalar(key, value)
                    .map_err(|message| Problem::new(name, origin, message))?;
                self.layer.set(name, text, origin.to_owned())
            }
        }
    }

    fn scalar(&self, key: Key, value: &DeValue<'_>) -> Result<String, &'static str> {
        match (key.kind, value) {
            (Kind::Text | Kind::Secret, DeValue::String(text)) => Ok(text.to_string()),
            (Kind::Path, DeValue::String(text)) if text.is_empty() => Ok(String::new()),
            (Kind::Path, DeValue::String(text)) => {
                let folder = self.path.parent().unwrap_or(Path::new(""));
                Ok(folder.join(&**text).to_string_lossy().into_owned())
            }
            (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => Ok(number.to_string()),
            (Kind::Number, DeValue::Float(number)) => Ok(number.to_string()),
            (Kind::Flag, DeValue::Boolean(flag)) => Ok(flag.to_string()),
            (Kind::Text | Kind::Secret | Kind::Path, _) => Err("must be text: write it in quotes"),
            (Kind::Number, _) => Err("must be a number: write it in digits, without quotes"),
            (Kind::Flag, _) => Err("must be `true` or `false`: write it without quotes"),
        }
    }

    fn place(&self, span: Range<usize>) -> String {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = 1 + before.split(|byte| *byte == b'\n').skip(1).count();
        format!("{}:{line}", self.path.display())
    }
}

/// Checks the name of a section `accounts.NAME`. Other sections pass.
pub(super) fn check_account(section: &str) -> Result<(), String> {
    let Some(name) = section.strip_prefix("accounts.") else {
        return Ok(());
    };
    let name: AccountName = name
        .parse()
        .map_err(|error| format!("names an account: {error}"))?;
    if name == AccountName::default_account() {
        return Err(
            "is reserved for the account in `[telnyx]`: set `telnyx.api_key` and `telnyx.public_key` instead"
                .to_owned(),
        );
    }
    Ok(())
}

pub(super) fn unknown(name: &str, origin: &str) -> Problem {
    let hint = match keys::nearest(name) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => "; `portoutd config show` lists all settings".to_owned(),
    };
    Problem::new(name, origin, format!("is not a setting{hint}"))
}
