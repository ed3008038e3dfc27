//! Tests of reading JSON.

use super::*;

fn field(spelled: &str) -> Option<String> {
    let text = format!(r#"{{"a":{spelled},"b":"kept"}}"#);
    let object = Object::parse(&text).unwrap();
    assert_eq!(object.text("b").as_deref(), Some("kept"), "{spelled}");
    object.string("a")
}

#[test]
fn one_strange_field_does_not_cost_the_others() {
    for (spelled, expected) in [
        (r#""plain""#, Some("plain")),
        (r#""caf\u00e9""#, Some("café")),
        (r#""\ud83d\ude00""#, Some("😀")),
        (
            r#""lone \ud800 surrogate""#,
            Some("lone \u{fffd}\u{fffd}\u{fffd} surrogate"),
        ),
        (r#""nul \u0000""#, Some("nul \u{fffd}")),
        ("60601", Some("60601")),
        ("1e400000", Some("1e400000")),
        ("true", Some("true")),
        ("null", None),
        (r#""  ""#, None),
        (r#""\u200b\u00a0""#, None),
        (r#""&nbsp;""#, None),
        (r#""\u0000""#, None),
        (r#""Smith\u00a0&amp; Sons""#, Some("Smith\u{a0}&amp; Sons")),
        ("{}", None),
        (r#"["x"]"#, None),
    ] {
        assert_eq!(field(spelled).as_deref(), expected, "{spelled}");
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(field(&deep), None);
}

#[test]
fn a_key_that_cannot_be_text_does_not_cost_the_others() {
    let object = Object::parse(r#"{"\udc00":1,"\u0061":"x"}"#).unwrap();
    assert_eq!(object.text("a").as_deref(), Some("x"));
}

#[test]
fn of_a_field_that_comes_twice_the_last_counts() {
    let object = Object::parse(r#"{"a":"first","a":"last"}"#).unwrap();
    assert_eq!(object.text("a").as_deref(), Some("last"));
}

#[test]
fn a_text_too_long_for_an_index_is_cut_between_letters() {
    let kept = field(&format!("\"a{}\"", "é".repeat(1000))).unwrap();
    assert_eq!(kept.len(), LONGEST_TEXT - 1);
}

#[test]
fn a_single_value_where_a_list_should_be_is_a_list_of_one() {
    let count = |spelled: &str| {
        Object::parse(&format!(r#"{{"a":{spelled}}}"#))
            .unwrap()
            .list("a")
            .len()
    };
    assert_eq!(count(r#"["x", null, 3]"#), 3);
    assert_eq!(count(r#""x""#), 1);
    assert_eq!(count("null"), 0);
}

#[test]
fn what_is_no_object_is_none() {
    for text in ["", "[]", "\"a\"", "1", "{", "{}x", "\u{feff}{}"] {
        assert!(Object::parse(text).is_none(), "{text}");
    }
}

#[test]
fn the_ways_telnyx_writes_a_time_are_one_time() {
    let wanted: jiff::Timestamp = "2026-09-21T00:00:00Z".parse().unwrap();
    for text in [
        "2026-09-21T00:00:00Z",
        "2026-09-21T00:00:00.000Z",
        "2026-09-21T00:00:00.000000123+00:00",
        "2026-09-20T19:00:00-05:00",
        "2026-09-21T00:00:00",
        "2026-09-21 00:00:00",
        "2026-09-21",
        " 2026-09-21T00:00:00Z ",
    ] {
        assert_eq!(time::parse(text), Some(wanted), "{text}");
    }
    for text in [
        "",
        "soon",
        "2026-13-01T00:00:00Z",
        "21.09.2026",
        "1790000000",
        "{{foc_date}}",
    ] {
        assert_eq!(time::parse(text), None, "{text}");
    }
}
