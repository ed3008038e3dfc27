//! Reads JSON of any content: fields by name, with each field handled independently.
//!
//! Values stay text until they are requested, so that an out-of-range number, a lone surrogate or extreme nesting in
//! one field does not affect the others. Of a duplicate field the last one counts.

#[cfg(test)]
mod tests;
mod time;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::folding;

/// The maximum length of a field's text, in bytes: what a Postgres index can store.
const LONGEST_TEXT: usize = 1024;

/// The fields of a JSON object. Their values are not parsed yet.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, [u8]>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Parses an object. Returns `None` for any other text.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Returns the field's unparsed value. `null` counts as missing.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rfind(|(key, _)| **key == *name.as_bytes())?;
        (value.get() != "null").then_some(*value)
    }

    /// Returns the field's text. A number or Boolean is returned as it is written, and an empty text counts as missing.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.get(name)?)
    }

    /// Like [`Self::text`], but owned.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    /// Returns the field's text as one of our words, if it is one.
    pub(super) fn word<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns the field as an object.
    pub(super) fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::parse(self.get(name)?.get())
    }

    /// Returns the elements of the field. A single value counts as a list of one.
    pub(super) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        elements(value).unwrap_or_else(|| vec![value])
    }

    /// Returns the field as a time.
    pub(super) fn time(&self, name: &str) -> Option<jiff::Timestamp> {
        time::parse(&self.text(name)?)
    }
}

/// Returns the elements of an array, or `None` for any other value.
pub(super) fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Passes the elements of an array to a function one by one, without collecting them. Returns `None` for any other
/// value.
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

/// Returns the text of a string, or a number or Boolean as it is written. Returns `None` for other values and for texts
/// without visible characters.
pub(super) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let spelled = value.get();
    let text = match spelled.as_bytes().first()? {
        b'"' => unquote(spelled)?,
        b'{' | b'[' | b'n' => return None,
        _ => Cow::Borrowed(spelled),
    };
    let kept = keepable(text);
    (!folding::is_blank(&kept)).then_some(kept)
}

/// Returns any value as it is written, to show what cannot be parsed.
pub(super) fn spelling(value: &RawValue) -> Cow<'_, str> {
    keepable(Cow::Borrowed(value.get()))
}

fn unquote(spelled: &str) -> Option<Cow<'_, str>> {
    // Parsed as bytes, because only then does serde_json accept a lone surrogate.
    let Bytes(bytes) = serde_json::from_str(spelled).ok()?;
    Some(match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

/// Postgres cannot store NUL in a text, and its indexes limit the length of a text.
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
