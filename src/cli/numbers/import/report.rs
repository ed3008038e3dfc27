//! The report of an import, as text and as JSON.

use serde_json::{Value, json};

use crate::cli::session::database::counted;
use crate::register::ImportProblems;
use crate::store::numbers::Difference;

/// The effect of an import, real or simulated.
#[derive(Debug)]
pub(super) struct Report<'a> {
    /// The file's name.
    pub(super) file: &'a str,
    pub(super) written: Written,
    pub(super) difference: Difference,
    pub(super) warnings: Vec<String>,
}

/// Whether the register was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// With `--dry-run`.
    No,
}

impl Report<'_> {
    /// The report for standard output. Warnings are printed apart.
    pub(super) fn to_text(&self) -> String {
        let kept = self.difference.kept;
        let numbers = counted(kept.added + kept.changed + kept.unchanged, "number");
        let (file, added, changed, unchanged) = (self.file, kept.added, kept.changed, kept.unchanged);
        match self.written {
            Written::Yes => {
                format!("{file}: {numbers} read: {added} added, {changed} changed, {unchanged} unchanged.\n")
            }
            Written::No => format!(
                "{file}: {numbers} read; the import would add {added}, change {changed} and leave {unchanged} unchanged, \
                 and lock {}. Nothing was written.\n",
                self.difference.locked
            ),
        }
    }

    /// The report for scripts.
    pub(super) fn to_json(&self) -> Value {
        let Difference { kept, .. } = self.difference;
        json!({
            "file": self.file,
            "ok": true,
            "dry_run": self.written == Written::No,
            "read": kept.added + kept.changed + kept.unchanged,
            "added": kept.added,
            "changed": kept.changed,
            "unchanged": kept.unchanged,
            "locked": self.difference.locked,
            "unlocked": self.difference.unlocked,
            "pins_replaced": self.difference.pins_replaced,
            "pins_removed": self.difference.pins_removed,
            "warnings": self.warnings,
            "problems": [],
        })
    }
}

/// Warnings about PINs and locks that an import removes, because that may be a mistake.
pub(super) fn warn_of_losses(difference: &Difference, written: Written) -> Vec<String> {
    let (loses, removes) = match written {
        Written::Yes => ("lost", "removed"),
        Written::No => ("would lose", "would remove"),
    };
    let mut warnings = Vec::new();
    if difference.pins_removed > 0 {
        let numbers = counted(difference.pins_removed, "number");
        warnings.push(format!(
            "{numbers} {loses} the PIN on file, because the file has none for them."
        ));
    }
    if difference.unlocked > 0 {
        let locks = counted(difference.unlocked, "port-out lock");
        warnings.push(format!("The file {removes} {locks}."));
    }
    warnings
}

/// The problems in a file, for scripts.
pub(super) fn refused_json(file: &str, problems: &ImportProblems) -> Value {
    let told: Vec<Value> = problems
        .told()
        .iter()
        .map(|problem| json!({ "line": problem.line, "message": problem.message }))
        .collect();
    json!({
        "file": file,
        "ok": false,
        "problems": told,
        "more_problems": problems.count().saturating_sub(problems.told().len()),
    })
}
