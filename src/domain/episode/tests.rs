//! Tests of the moves of an episode.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{Action, DecidedBy, Mode, OrderStatus, Outcome};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn episode(number: i32) -> Episode {
    let order = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0".parse().unwrap();
    Episode::open(
        Uuid::nil(),
        AccountName::default_account(),
        order,
        number,
        at(0),
        at(72_000),
    )
}

fn answering(action: Action) -> Episode {
    let mut episode = episode(1);
    episode
        .decide(Uuid::nil(), DecidedBy::Rule, action, Mode::Enforce)
        .unwrap();
    episode
}

fn sent(outcome: Outcome) -> Episode {
    let mut episode = answering(Action::Reject);
    episode.start_attempt(Target::RejectedPending, at(1)).unwrap();
    episode.end_attempt(outcome, 0);
    episode
}

#[test]
fn a_timed_out_answer_is_read_twice_half_a_minute_apart_before_it_is_sent_again() {
    let mut episode = sent(Outcome::Unknown);
    assert!(!episode.may_send(at(2)), "nothing was read yet");
    assert_eq!(episode.see(&OrderStatus::Pending, at(4)), Seen::Same);
    assert!(!episode.may_send(at(33)), "29 s are too short");
    assert!(episode.may_send(at(34)));
}

#[test]
fn the_reads_after_an_unknown_answer_come_ever_later_until_the_one_that_tells() {
    let mut episode = sent(Outcome::Unknown);
    let (mut now, mut read_at) = (at(100), Vec::new());
    for _ in 0..5 {
        now = episode.next_processing(now).unwrap();
        read_at.push(at(100).duration_until(now).as_secs());
        episode.see(&OrderStatus::Pending, now);
    }
    assert_eq!(
        read_at,
        [2, 7, 22, 32, 92],
        "half a minute after the first read comes the fourth"
    );
}

#[test]
fn an_answer_that_never_left_is_sent_again_at_once() {
    for outcome in [Outcome::Unsent, Outcome::Limited, Outcome::AccountTrouble] {
        assert!(sent(outcome).may_send(at(2)), "{outcome}");
    }
}

#[test]
fn a_read_that_shows_the_target_verifies_the_answer() {
    for outcome in [Outcome::Confirmed, Outcome::Unknown, Outcome::Refused] {
        let mut episode = sent(outcome);
        assert_eq!(episode.see(&OrderStatus::RejectedPending, at(5)), Seen::Verified);
        assert_eq!(episode.state, EpisodeState::Answered);
        assert_eq!(episode.next_processing(at(5)), None);
    }
}

#[test]
fn another_end_than_ours_is_a_conflict() {
    let mut episode = sent(Outcome::Unknown);
    assert_eq!(episode.see(&OrderStatus::Authorized, at(5)), Seen::Conflict);
    assert!(episode.trouble.is_some());
}

#[test]
fn an_order_that_leaves_without_an_answer_of_ours_was_overtaken() {
    let mut episode = episode(1);
    assert_eq!(episode.see(&OrderStatus::Authorized, at(5)), Seen::Overtaken);
    assert_eq!(episode.ended_as.as_deref(), Some("authorized"));
}

#[test]
fn a_stale_read_after_a_confirmed_answer_is_not_yet_a_bounce() {
    let mut episode = sent(Outcome::Confirmed);
    assert_eq!(episode.see(&OrderStatus::Pending, at(3)), Seen::Same);
    assert_eq!(episode.see(&OrderStatus::RejectedPending, at(9)), Seen::Verified);
}

#[test]
fn a_confirmed_answer_that_stays_pending_is_a_bounce_and_never_sent_again() {
    let mut episode = sent(Outcome::Confirmed);
    episode.see(&OrderStatus::Pending, at(3));
    assert!(!episode.may_send(at(40)));
    assert_eq!(episode.see(&OrderStatus::Pending, at(40)), Seen::Bounced);
    assert!(!episode.is_open());
}

#[test]
fn a_machine_cannot_answer_a_bounced_order_and_a_person_can() {
    for action in [Action::Authorize, Action::Reject] {
        let mut bounced = episode(2);
        for by in [DecidedBy::Rule, DecidedBy::Deadline] {
            assert_eq!(
                bounced.decide(Uuid::nil(), by, action, Mode::Enforce),
                Err(MoveRefused::NeedsPerson)
            );
        }
        assert_eq!(
            bounced.decide(Uuid::nil(), DecidedBy::Person, action, Mode::Enforce),
            Ok(())
        );
    }
}

#[test]
fn in_shadow_mode_nothing_is_ever_ready_to_be_sent() {
    for action in [Action::Authorize, Action::Reject, Action::Hold] {
        let mut episode = episode(1);
        episode
            .decide(Uuid::nil(), DecidedBy::Rule, action, Mode::Shadow)
            .unwrap();
        assert!(!episode.may_send(at(1)));
    }
}

#[test]
fn two_refusals_leave_the_order_to_a_person_who_may_answer_either_way() {
    let mut episode = sent(Outcome::Refused);
    episode.start_attempt(Target::RejectedPending, at(3)).unwrap();
    episode.end_attempt(Outcome::Refused, 1);
    assert_eq!(episode.state, EpisodeState::Stuck);
    for action in [Action::Reject, Action::Authorize] {
        let mut episode = episode.clone();
        assert_eq!(
            episode.decide(Uuid::nil(), DecidedBy::Person, action, Mode::Enforce),
            Ok(())
        );
        assert!(episode.start_attempt(action.target().unwrap(), at(4)).is_ok());
    }
}

#[test]
fn an_answer_that_was_certainly_not_applied_can_be_superseded_by_any_other() {
    for outcome in [
        Outcome::Unsent,
        Outcome::Limited,
        Outcome::AccountTrouble,
        Outcome::NotFound,
        Outcome::Refused,
    ] {
        for action in [Action::Authorize, Action::Hold] {
            let mut episode = sent(outcome);
            let decided = episode.decide(Uuid::nil(), DecidedBy::Rule, action, Mode::Enforce);
            assert_eq!(decided, Ok(()), "{outcome}, then {action}");
            assert_eq!(episode.sent_target, None);
        }
    }
}

#[test]
fn an_answer_that_may_have_been_applied_keeps_its_target_whatever_follows() {
    for outcome in [Outcome::Unknown, Outcome::Confirmed] {
        let mut episode = sent(outcome);
        for by in [DecidedBy::Rule, DecidedBy::Person, DecidedBy::Service] {
            assert_eq!(
                episode.decide(Uuid::nil(), by, Action::Authorize, Mode::Enforce),
                Err(MoveRefused::OtherTargetSent(Target::RejectedPending)),
                "{outcome}"
            );
        }
    }
    // A later attempt that certainly failed does not undo what an earlier one may have done.
    let mut episode = sent(Outcome::Unknown);
    episode.see(&OrderStatus::Pending, at(4));
    episode.start_attempt(Target::RejectedPending, at(40)).unwrap();
    episode.end_attempt(Outcome::Limited, 0);
    assert!(episode.may_be_applied());
    assert_eq!(
        episode.decide(Uuid::nil(), DecidedBy::Rule, Action::Hold, Mode::Enforce),
        Err(MoveRefused::OtherTargetSent(Target::RejectedPending))
    );
}

#[test]
fn an_answer_in_progress_cannot_be_superseded() {
    let mut episode = answering(Action::Reject);
    episode.start_attempt(Target::RejectedPending, at(1)).unwrap();
    assert_eq!(
        episode.decide(Uuid::nil(), DecidedBy::Person, Action::Authorize, Mode::Enforce),
        Err(MoveRefused::OtherTargetSent(Target::RejectedPending))
    );
}

#[test]
fn a_stopped_answer_is_not_sent_again_and_only_its_own_target_can_be_repeated() {
    let mut episode = sent(Outcome::Unknown);
    episode.see(&OrderStatus::Pending, at(4));
    episode.stop_answer("the order changed".to_owned());
    assert!(!episode.may_send(at(100)));
    assert!(episode.waits_for_somebody());
    let person =
        |episode: &mut Episode, action| episode.decide(Uuid::nil(), DecidedBy::Person, action, Mode::Enforce);
    assert!(person(&mut episode, Action::Authorize).is_err());
    assert_eq!(person(&mut episode, Action::Reject), Ok(()));
}

#[test]
fn a_status_nobody_knows_keeps_the_order_before_a_person() {
    let mut episode = answering(Action::Authorize);
    assert_eq!(
        episode.see(&OrderStatus::Other("paused".into()), at(5)),
        Seen::UnknownStatus
    );
    assert!(episode.is_open() && episode.trouble.is_some());
}

#[derive(Debug, Clone)]
enum Step {
    Decide(DecidedBy, Action),
    Send(Target),
    End(Outcome),
    See(OrderStatus),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let by = prop_oneof![
        Just(DecidedBy::Rule),
        Just(DecidedBy::Person),
        Just(DecidedBy::Deadline),
        Just(DecidedBy::Service)
    ];
    let action = prop_oneof![Just(Action::Authorize), Just(Action::Reject), Just(Action::Hold)];
    let target = prop_oneof![Just(Target::Authorized), Just(Target::RejectedPending)];
    let outcome = prop_oneof![
        Just(Outcome::Confirmed),
        Just(Outcome::Unknown),
        Just(Outcome::Unsent),
        Just(Outcome::Limited),
        Just(Outcome::AccountTrouble),
        Just(Outcome::NotFound),
        Just(Outcome::Refused),
    ];
    let status = prop_oneof![
        Just(OrderStatus::Pending),
        Just(OrderStatus::Authorized),
        Just(OrderStatus::RejectedPending)
    ];
    let step = prop_oneof![
        (by, action).prop_map(|(by, action)| Step::Decide(by, action)),
        target.prop_map(Step::Send),
        outcome.prop_map(Step::End),
        status.prop_map(Step::See),
        (0_i64..60).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever people, rules and Telnyx do in any order: once an attempt may have been applied, no attempt has another
    /// target, and none follows the end of the episode.
    #[test]
    fn at_most_one_target_is_ever_applied_or_possibly_applied(steps in steps()) {
        let (mut episode, mut now) = (episode(1), 1);
        let mut attempts: Vec<(Target, Option<Outcome>)> = Vec::new();
        for step in steps {
            match step {
                Step::Decide(by, action) => { let _ = episode.decide(Uuid::nil(), by, action, Mode::Enforce); }
                Step::Send(target) => {
                    let was_open = episode.is_open();
                    if episode.start_attempt(target, at(now)).is_ok() {
                        prop_assert!(was_open);
                        prop_assert_eq!(episode.sent_target, Some(target));
                        attempts.push((target, None));
                    }
                }
                Step::End(outcome) => if episode.answer == AnswerState::Sending {
                    episode.end_attempt(outcome, 0);
                    if let Some(last) = attempts.last_mut() { last.1 = Some(outcome); }
                },
                Step::See(status) => if episode.is_open() { episode.see(&status, at(now)); },
                Step::Wait(seconds) => now += seconds,
            }
            let binds = |outcome: Option<Outcome>| outcome.is_none_or(Outcome::may_be_applied);
            if let Some(first) = attempts.iter().position(|attempt| binds(attempt.1)) {
                prop_assert!(attempts[first..].iter().all(|attempt| attempt.0 == attempts[first].0));
                prop_assert_eq!(episode.sent_target, Some(attempts[first].0), "what may be applied stays known");
            }
        }
    }

    /// A deadline never schedules a read in the past.
    #[test]
    fn the_next_look_is_never_in_the_past(ahead in 0_i64..200_000) {
        let episode = episode(1);
        let now = at(ahead);
        prop_assert!(episode.next_processing(now).is_none_or(|next| next.duration_since(now) >= SignedDuration::ZERO));
    }
}
