//! Reading JSON that may hold anything: fields by name, each forgiven on its own.
//!
//! Values are kept as their text until asked for, so that a number beyond all range, a lone surrogate or a nest
//! a thousand deep in one field does not cost the others. Of a field that comes twice the last one counts.

#[cfg(test)]
mod tests;
mod time;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::folding;

/// The longest text that is kept of any field, in bytes: what an index of Postgres can hold.
const LONGEST_TEXT: usize = 1024;

/// The fields of a JSON object, their values not looked into yet.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, [u8]>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; `None` where the text is anything else.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The field's value as it stands; `null` counts as none.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rfind(|(key, _)| **key == *name.as_bytes())?;
        (value.get() != "null").then_some(*value)
    }

    /// The field's text. A number or truth value is taken as its spelling; an empty text counts as none.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name)?)
    }

    /// The same, owned.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    /// The field's text as one of our words, if it is one.
    pub(super) fn word<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The field as an object.
    pub(super) fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::parse(self.get(name)?.get())
    }

    /// The elements of the field; a single value counts as a list of one.
    pub(super) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        elements(value).unwrap_or_else(|| vec![value])
    }

    /// The field as a point in time.
    pub(super) fn time(&self, name: &str) -> Option<jiff::Timestamp> {
        time::parse(&self.text(name)?)
    }
}

/// The elements of an array; `None` where the value is anything else.
pub(super) fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Hands the elements of an array over one by one, so that no list of them is made; `None` where the value is anything else.
pub(super) fn for_each_element<'a>(value: &'a RawValue, each: impl FnMut(&'a RawValue)) -> Option<()> {
    struct Reader<F>(F);
    impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Reader<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
            while let Some(element) = elements.next_element()? {
                (self.0)(element);
            }
            Ok(())
        }
    }
    let mut array = serde_json::Deserializer::from_str(value.get());
    array.deserialize_seq(Reader(each)).ok()
}

/// The text of a string, the spelling of a number or truth value; none for the rest, and none where nothing can be seen.
pub(super) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let spelt = value.get();
    let text = match spelt.as_bytes().first()? {
        b'"' => unquote(spelt)?,
        b'{' | b'[' | b'n' => return None,
        _ => Cow::Borrowed(spelt),
    };
    let kept = keepable(text);
    (!folding::is_blank(&kept)).then_some(kept)
}

/// The spelling of any value, for what has to be shown although it cannot be read.
pub(super) fn spelling(value: &RawValue) -> Cow<'_, str> {
    keepable(Cow::Borrowed(value.get()))
}

fn unquote(spelt: &str) -> Option<Cow<'_, str>> {
    // Read as bytes, because only so does serde_json let a lone surrogate pass.
    let Bytes(bytes) = serde_json::from_str(spelt).ok()?;
    Some(match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

/// Postgres keeps no NUL in a text, and its indexes keep no text of any length.
fn keepable(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT && !text.contains('\0') {
        return text;
    }
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = text.get(..end).unwrap_or_default();
    Cow::Owned(start.replace('\0', "\u{fffd}"))
}

struct Bytes<'a>(Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cow<'de, [u8]>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(bytes))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Cow::Owned(bytes.to_vec()))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text.as_bytes()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_bytes(Reader).map(Bytes)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some((Bytes(key), value)) = map.next_entry()? {
                    fields.push((key, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
