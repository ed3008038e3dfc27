//! Tests of spellings that people cannot tell apart, each folded to one text.

use proptest::prelude::*;

use super::*;

/// A name in the spellings that forms, spreadsheets and web pages produce.
const SPELLINGS: [(&str, &str); 42] = [
    ("Smith & Sons", "smith & sons"),
    ("  SMITH & SONS ", "smith & sons"),
    ("Smith\u{a0}&\u{a0}Sons", "smith & sons"),
    ("Smith  &   Sons", "smith & sons"),
    ("Smith\t&\r\nSons", "smith & sons"),
    ("Smith\u{2009}&\u{3000}Sons\u{2028}", "smith & sons"),
    ("Smith\u{2800}& Sons", "smith & sons"),
    ("Smith &amp; Sons", "smith & sons"),
    ("Smith &AMP; Sons", "smith & sons"),
    ("Smith &Amp; Sons", "smith & sons"),
    ("Smith &#38; Sons", "smith & sons"),
    ("Smith &#X26; Sons", "smith & sons"),
    ("Smith &amp;amp; Sons", "smith & sons"),
    ("Smith &amp;#38;amp&semi; Sons", "smith & sons"),
    ("Smith&nbsp;&amp;&NonBreakingSpace;Sons", "smith & sons"),
    ("Smith &a\u{200b}mp; Sons", "smith & sons"),
    ("Ｓｍｉｔｈ　＆　Ｓｏｎｓ", "smith & sons"),
    ("Smith ＆ａｍｐ； Sons", "smith & sons"),
    (
        "Sm\u{200b}ith\u{200d} \u{feff}& S\u{ad}ons\u{200e}",
        "smith & sons",
    ),
    ("\u{202e}Smith & Sons\u{202c}", "smith & sons"),
    ("Smith & Sons\u{0}\u{1b}\u{7f}\u{9b}", "smith & sons"),
    ("Smith & Sons\u{fe0f}\u{e0041}\u{34f}\u{3164}", "smith & sons"),
    ("ﬁne Phones", "fine phones"),
    ("O'Brien", "o'brien"),
    ("O’Brien", "o'brien"),
    ("O‘Brien", "o'brien"),
    ("OʼBrien", "o'brien"),
    ("O′Brien", "o'brien"),
    ("O＇Brien", "o'brien"),
    ("O`Brien", "o'brien"),
    ("O´Brien", "o'brien"),
    ("O&rsquo;Brien", "o'brien"),
    ("“Best” „Tel‟ ″X＂", "\"best\" \"tel\" \"x\""),
    ("A-B", "a-b"),
    (
        "A\u{2010}B \u{2011} \u{2012} \u{2013} \u{2014} \u{2015}",
        "a-b - - - - -",
    ),
    ("A−B﹣C－D⁃E&ndash;F", "a-b-c-d-e-f"),
    ("Jose\u{301} Nun\u{303}ez", "josé nuñez"),
    ("Straße ΟΔΟΣ", "strasse οδοσ"),
    ("Smi\u{fffd}th & Sons", "smith & sons"),
    ("e\u{200b}\u{301}", "é"),
    ("AT&T", "at&t"),
    ("R&D &unknown; &amp", "r&d &unknown; &amp"),
];

#[test]
fn spellings_that_look_alike_fold_to_one_text() {
    for (spelling, folded) in SPELLINGS {
        assert_eq!(fold(spelling), folded, "{}", shown(spelling));
    }
}

#[test]
fn names_that_differ_stay_different() {
    for (one, other) in [
        ("Smith & Sons", "Smith and Sons"),
        ("Smith & Sons", "Smith&Sons"),
        ("José", "Jose"),
        ("Acme", "\u{410}cme"),
        ("A-B", "A B"),
        ("O'Brien", "OBrien"),
    ] {
        assert_ne!(fold(one), fold(other), "{one}, {other}");
    }
}

#[test]
fn a_text_of_invisible_characters_is_blank() {
    for blank in [
        "",
        "  ",
        "\u{200b}\u{feff}",
        "\u{a0}\u{2060}\n",
        "&nbsp;",
        "&#8203;",
        "\u{fffd}",
    ] {
        assert!(is_blank(blank), "{}", shown(blank));
    }
    for visible in ["-", "0", "&", ".", "\u{301}"] {
        assert!(!is_blank(visible), "{visible}");
    }
}

#[test]
fn a_text_is_plain_when_only_its_case_and_the_blanks_around_it_change() {
    for plain in [
        "Onvoy",
        " ONVOY ",
        "Ünal Tel",
        "Straße",
        "Smith & Sons",
        "",
        "ΟΔΟΣ",
    ] {
        assert!(is_plain(plain), "{plain}");
    }
    for other in [
        "Smith  Sons",
        "O’Brien",
        "Smith &amp; Sons",
        "Smith\u{a0}Sons",
        "Jose\u{301}",
        "Ａ",
        "A\u{200b}",
    ] {
        assert!(!is_plain(other), "{}", shown(other));
    }
}

#[test]
fn accents_are_removed_where_they_do_not_count() {
    assert_eq!(fold_without_accents("JOSÉ Nuñez"), "jose nunez");
    assert_eq!(fold_without_accents("Jose\u{301}"), "jose");
    assert_eq!(fold_without_accents("Nguyễn"), "nguyen");
}

#[test]
fn what_cannot_be_seen_or_acts_on_a_terminal_is_shown_escaped() {
    for (text, seen) in [
        ("Smith & Sons", "Smith & Sons"),
        ("Ünal 王 é", "Ünal 王 é"),
        ("Smith\u{a0}Sons", r"Smith\u{a0}Sons"),
        ("a\u{200b}b\u{ad}c", r"a\u{200b}b\u{ad}c"),
        ("\u{1b}[2Jx\u{9b}", r"\u{1b}[2Jx\u{9b}"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\u{202e}evil\u{2066}", r"\u{202e}evil\u{2066}"),
        ("\u{e0041}\u{fffe}\u{e000}", r"\u{e0041}\u{fffe}\u{e000}"),
    ] {
        assert_eq!(shown(text), seen);
        assert_eq!(shown(seen), seen, "showing twice changes nothing");
    }
}

#[test]
fn every_character_folds_to_what_folding_leaves_alone() {
    for c in '\0'..=char::MAX {
        let folded = fold(&c.to_string());
        assert_eq!(fold(&folded), folded, "{c:?}");
    }
}

/// Generates texts from the characters that folding changes, parts of entities, and any other characters.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "[&#;x0-9a-zA-Z ]{1,4}",
        "\\PC{1,3}",
        prop::char::any().prop_map(|c| c.to_string()),
        prop::sample::select(vec![
            "&amp;",
            "&",
            "amp;",
            ";",
            "&#38;",
            "&#x26;",
            "&semi;",
            "&nbsp;",
            "&NonBreakingSpace;",
            "&Eacute;",
            "&#xfdfa;",
            "\u{301}",
            "\u{338}",
            "\u{345}",
            "e",
            "ß",
            "İ",
            "ﬁ",
            "΅",
            "\u{200b}",
            "\u{a0}",
            " ",
            "–",
            "’",
            "″",
            "＆",
            "；",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in texts()) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn a_text_of_ascii_folds_the_same_on_both_ways(text in "[ -_a-~]{0,20}") {
        let folded = fold_within(&text);
        prop_assert_eq!(fold(&text), folded.trim_matches(' '));
    }

    #[test]
    fn format_characters_and_kinds_of_blanks_and_dashes_do_not_count(
        text in "[a-zA-Zé&.' -]{0,20}",
        at in 0..20_usize,
        dropped in prop::sample::select(vec!["\u{200b}", "\u{200d}", "\u{feff}", "\u{ad}", "\u{202e}", "\u{2060}", "\u{fe0f}", "\u{7}"]),
        blank in prop::sample::select(vec!["\u{a0}", "\u{2009}", "\u{3000}", "  ", "\t", "&nbsp;", "&#32;"]),
        dash in prop::sample::select(vec!["\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}", "−", "－"]),
    ) {
        let mut other: Vec<String> = text.chars().map(String::from).collect();
        other.insert(at.min(other.len()), dropped.to_owned());
        let other = other.concat().replace('-', dash).replace(' ', blank).replace('\'', "’");
        prop_assert_eq!(fold(&other), fold(&text));
    }
}
