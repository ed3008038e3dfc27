//! Names in spellings that people cannot tell apart: a rule that holds a name holds all of them.

use portoutd::domain::Action;
use sqlx::PgPool;

use crate::test_service::{RULES, TestConfig, TestService};

const HELD: &str = r#"
[lists.watched]
type = "text"
values = ["Smith & O'Brien-Sons", "Jos\u00e9 Tel*"]

[[rule]]
id = "watched"
match.carrier.name = "@watched"
action = "hold"
"#;

const SPELLINGS: [&str; 12] = [
    "Smith & O'Brien-Sons",
    "SMITH  &  O'BRIEN-SONS ",
    "Smith\u{a0}& O'Brien-Sons",
    "Smith &amp; O&#39;Brien-Sons",
    "Smith &amp;amp; O&rsquo;Brien-Sons",
    "Smith & O’Brien–Sons",
    "Ｓｍｉｔｈ　＆　Ｏ＇Ｂｒｉｅｎ－Ｓｏｎｓ",
    "Smi\u{200b}th & O'Bri\u{ad}en-Sons\u{feff}",
    "\u{202e}Smith & O'Brien-Sons\u{1b}",
    "Smith & O'Bri\u{0}en-Sons",
    "Jose\u{301} Telecom",
    "JOSÉ\u{2003}TEL",
];

async fn service(pool: PgPool) -> TestService {
    let rules = RULES.replacen("[[rule]]", &format!("{HELD}\n[[rule]]"), 1);
    let config = TestConfig {
        rules,
        ..TestConfig::default()
    };
    TestService::with_config(pool, config).await
}

#[sqlx::test]
async fn a_rule_that_holds_a_name_holds_every_spelling_of_it(pool: PgPool) {
    let service = service(pool).await;
    for spelling in SPELLINGS {
        let order = service
            .receive(TestService::clean_order().carrier_name(spelling))
            .await;
        let decision = service.last_decision(&order).await.decision;
        assert_eq!(
            (decision.action, decision.rule.as_deref()),
            (Action::Hold, Some("watched")),
            "{spelling:?}"
        );
        assert!(service.sent(&order).is_empty(), "{spelling:?}");
    }
    let other = service
        .receive(TestService::clean_order().carrier_name("Smith & Sons"))
        .await;
    assert_eq!(service.sent(&other), ["authorized"]);
}

#[sqlx::test]
async fn a_name_is_recorded_as_it_came(pool: PgPool) {
    let service = service(pool).await;
    let name = "Smith\u{a0}&amp; O’Brien-Sons";
    let order = service
        .receive(TestService::clean_order().carrier_name(name))
        .await;
    let decision = service.last_decision(&order).await.decision;
    let facts: serde_json::Value = serde_json::from_str(&decision.facts).unwrap();
    assert_eq!(facts["carrier.name"], name);
}

#[sqlx::test]
async fn a_name_without_a_visible_character_is_not_known_and_never_authorizes(pool: PgPool) {
    let service = service(pool).await;
    for name in ["\u{200b}\u{feff}", "\u{a0}", "&nbsp;", "\u{0}"] {
        let order = service
            .receive(TestService::clean_order().carrier_name(name))
            .await;
        let decision = service.last_decision(&order).await.decision;
        assert_eq!((decision.action, decision.rule), (Action::Hold, None), "{name:?}");
        assert!(service.sent(&order).is_empty(), "{name:?}");
    }
}

#[sqlx::test]
async fn a_spid_and_a_register_entry_in_another_spelling_are_the_same(pool: PgPool) {
    let rules = RULES.replace(
        "match.numbers.ours = \"all\"",
        "match.numbers.ours = \"all\"\nmatch.name = \"right\"",
    );
    let config = TestConfig {
        rules,
        ..TestConfig::default()
    };
    let service = TestService::with_config(pool, config).await;
    let spelled = TestService::clean_order()
        .spid("０７３Ｈ\u{a0}")
        .name("Ａda\u{a0}Exam\u{ad}ple");
    let order = service.receive(spelled).await;
    assert_eq!(service.sent(&order), ["authorized"]);
    let other = service
        .receive(TestService::clean_order().name("Ada Sample"))
        .await;
    assert!(service.sent(&other).is_empty());
}
