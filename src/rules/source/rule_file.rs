//! Reads the text of a rule file.

use std::io::{Error, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::regular_file::{self, RULE_FILE_BYTES, Unfit};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::{Finding, Findings, Severity};
use crate::rules::lists::file::is_utf_16;

/// Reads the text of a rule file.
pub(crate) fn read(path: &Path, name: &str) -> Result<String, Findings> {
    text(path, name).map_err(|finding| Findings::in_order(vec![*finding], name))
}

fn text(path: &Path, name: &str) -> Result<String, Box<Finding>> {
    let bytes = regular_file::read(path, RULE_FILE_BYTES).map_err(|error| unreadable(name, &error))?;
    String::from_utf8(bytes)
        .map_err(|error| no_utf_8(name, error.as_bytes(), error.utf8_error().valid_up_to()))
}

fn unreadable(name: &str, error: &Error) -> Box<Finding> {
    let (what, help) = match (Unfit::of(error), error.kind()) {
        (Some(unfit), _) => (unfit.to_string(), help_for(unfit)),
        (None, ErrorKind::NotFound) => (
            "does not exist".to_owned(),
            "check the name of the file and the current folder",
        ),
        (None, ErrorKind::PermissionDenied) => (
            "cannot be read by this user: permission denied".to_owned(),
            "give this user permission to read the file and enter its folder",
        ),
        (None, ErrorKind::IsADirectory) => ("is a folder".to_owned(), "name the rule file in the folder"),
        (None, _) => (
            format!("cannot be read: {error}"),
            "name a rule file that can be read",
        ),
    };
    Box::new(Finding::of_file(Code::UnreadableFile, name, &format!("the rule file {what}")).with_help(help))
}

fn help_for(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::NotRegular(_) => "write the rules to a file on disk and name that file",
        Unfit::TooLarge(_) => "move long lists into separate list files, with `file = \"lists/NAME.csv\"`",
    }
}

/// A file in another encoding, reported at the first character that is not UTF-8.
fn no_utf_8(name: &str, bytes: &[u8], at: usize) -> Box<Finding> {
    if is_utf_16(bytes) {
        let message = "the rule file is encoded as UTF-16, and rule files must be UTF-8";
        return Box::new(Finding::of_file(Code::UnreadableFile, name, message).with_help("save it as UTF-8"));
    }
    // Everything before that character is valid text. The rest of its line may contain more invalid bytes.
    let head = bytes.get(..at).map(String::from_utf8_lossy).unwrap_or_default();
    let start = head.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default());
    let line: Arc<str> = Arc::from(rest.lines().next().unwrap_or_default());
    let span = at - start..at - start + char::REPLACEMENT_CHARACTER.len_utf8();
    let place = (name, head.matches('\n').count() + 1);
    let message = "the rule file contains a character that is not valid UTF-8";
    let finding = Finding::in_line(
        (Code::UnreadableFile, Severity::Error),
        place,
        &line,
        span,
        message,
    );
    Box::new(
        finding.with_help("save the file as UTF-8, or type the character again in an editor that uses UTF-8"),
    )
}
