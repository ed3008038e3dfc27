//! Settings from environment variables.

use std::collections::BTreeMap;
use std::path::Path;

use super::Problem;
use super::file::{check_account, unknown};
use super::keys;
use super::layer::Layer;

const PREFIX: &str = "PORTOUTD__";

/// Reads the environment. A variable that begins with `PORTOUTD__` but is not a setting is a problem. So is one that
/// would be a setting if its underscores were doubled.
pub(super) fn read(variables: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::default();
    for (variable, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        let origin = format!("environment variable {variable}");
        let outcome = match name_of(variable, &origin) {
            Ok(Some(name)) => layer.set(&name, value.clone(), origin),
            Ok(None) => Ok(()),
            Err(problem) => Err(problem),
        };
        if let Err(problem) = outcome {
            problems.push(problem);
        }
    }
    layer
}

/// Reads the credentials that systemd puts into `$CREDENTIALS_DIRECTORY`, as far as they exist.
pub(super) fn read_credentials(
    variables: &BTreeMap<String, String>,
    exists: impl Fn(&Path) -> bool,
    problems: &mut Vec<Problem>,
) -> Layer {
    let mut layer = Layer::default();
    let Some(folder) = variables.get("CREDENTIALS_DIRECTORY") else {
        return layer;
    };
    for (credential, name) in keys::CREDENTIALS {
        let path = Path::new(folder).join(credential);
        if exists(&path) {
            let origin = format!("systemd credential {credential}");
            if let Err(problem) = layer.set(name, path.to_string_lossy().into_owned(), origin) {
                problems.push(problem);
            }
        }
    }
    layer
}

fn name_of(variable: &str, origin: &str) -> Result<Option<String>, Problem> {
    if let Some((_, name)) = keys::KNOWN_NAMES.iter().find(|(known, _)| *known == variable) {
        return Ok(Some((*name).to_owned()));
    }
    let Some(rest) = variable.strip_prefix(PREFIX) else {
        return single_underscores(variable, origin).map_or(Ok(None), Err);
    };
    let name = rest.to_lowercase().replace("__", ".");
    if keys::find(&name).is_none() {
        return Err(unknown_variable(&name, origin));
    }
    let section = name.rsplit_once('.').map_or("", |(section, _)| section);
    check_account(section).map_err(|message| Problem::new(section, origin, message))?;
    Ok(Some(name))
}

fn unknown_variable(name: &str, origin: &str) -> Problem {
    match keys::nearest(name) {
        Some(near) => {
            let near = variable_of(&near);
            Problem::new(name, origin, format!("is not a setting: did you mean `{near}`?"))
        }
        None => unknown(name, origin),
    }
}

/// `PORTOUTD_MODE` would be ignored silently. Other names with that prefix, such as those that Kubernetes sets for a
/// service called portoutd, are not ours.
fn single_underscores(variable: &str, origin: &str) -> Option<Problem> {
    let rest = variable.strip_prefix("PORTOUTD_")?.to_lowercase();
    let meant = keys::KEYS
        .iter()
        .find(|key| key.name.replace('.', "_") == rest.replace("__", "_"))?;
    let message = format!("is set by `{}`: double the underscores", variable_of(meant.name));
    Some(Problem::new(meant.name, origin, message))
}

fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase().replace('.', "__"))
}
