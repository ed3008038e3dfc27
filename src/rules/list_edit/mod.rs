//! Edits of a list in its text: one entry changes, and every other line stays the same, byte for byte.
//!
//! A list with a file is edited in that file, other lists in `values` in the rule file. An entry that is in both is
//! changed or removed in both. If an entry is removed, the comment after it on the same line is removed too, because it
//! belongs to the entry.

mod csv;
mod edits;
mod place;
mod refused;
mod splice;
mod text;
mod value;
mod values;

pub use edits::{Done, EditedFile, EditedList, ListEdit, ListEntry};
use jiff::Timestamp;
pub use refused::EditRefused;

use crate::rules::load::Loaded;
use place::Place;
use splice::{Beside, End};
use value::Named;

/// Edits a list of a rule file that has no errors.
///
/// # Errors
/// Why it cannot be edited, and how to fix that.
pub fn edit_list(
    loaded: &Loaded,
    list: &str,
    edit: &ListEdit,
    now: Timestamp,
) -> Result<EditedList, EditRefused> {
    let place = Place::of(loaded, list)?;
    let (ListEdit::Add { value, .. } | ListEdit::Remove { value } | ListEdit::Expire { value, .. }) = edit;
    let named = Named::read(value, place.kind)?;
    let media = place.media(loaded)?;
    match edit {
        ListEdit::Add { note, until, .. } => {
            let note = note.as_deref().map(str::trim).filter(|note| !note.is_empty());
            if note.is_some_and(|note| note.chars().any(char::is_control)) {
                return Err(EditRefused::InvalidNote);
            }
            let is_over = place.ends_before(&media, &named, now);
            let end = match (until, is_over) {
                (Some(until), _) => End::On(*until),
                // A person who adds a value expects it to be active.
                (None, Some(true)) => End::Never,
                (None, _) => End::Kept,
            };
            let beside = Beside { note, end };
            match is_over {
                Some(_) => place.change(media, &named, beside),
                None => place.add(media, &named, beside),
            }
        }
        ListEdit::Remove { .. } => place.remove(media, &named, loaded),
        ListEdit::Expire { until, .. } => match place.ends_before(&media, &named, now) {
            Some(_) => {
                let end = End::On(*until);
                place.change(media, &named, Beside { note: None, end })
            }
            None => Err(place.absent(&named, loaded)),
        },
    }
}

/// The entries of a list as they are written, those of its file first.
///
/// # Errors
/// The rule file has no such list, or a list file cannot be read any more.
pub fn list_entries(loaded: &Loaded, list: &str) -> Result<Vec<ListEntry>, EditRefused> {
    let place = Place::of(loaded, list)?;
    let mut entries = Vec::new();
    for medium in place.media(loaded)? {
        medium.each(list, |entry, _| entries.push(entry));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
