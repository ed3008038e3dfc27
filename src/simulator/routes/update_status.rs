//! Update Status.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::request::{Handled, demand_object, known_order};
use crate::domain::{OrderId, OrderStatus};
use crate::simulator::assumptions::{Again, Assumptions, CodeInBody};
use crate::simulator::moves;
use crate::simulator::order::Order;
use crate::simulator::wire::Answer;
use crate::simulator::world::World;

/// `PATCH /portouts/{id}/{status}`
pub(super) fn update(
    world: &mut World,
    (id, target): (&str, &str),
    body: Option<&Value>,
    now: Timestamp,
) -> Handled {
    let id = known_order(world, id)?;
    let target = match target {
        "authorized" => OrderStatus::Authorized,
        "rejected-pending" => OrderStatus::RejectedPending,
        _ => {
            let detail = "The status can be set to authorized or rejected-pending only.";
            return Err(Answer::invalid("/status", detail));
        }
    };
    let order = world.order(&id).map_err(|_| Answer::not_found())?;
    let answer = checked(order, target, demand_object(body)?, &world.assumptions)?;
    if order.details.status != OrderStatus::Pending {
        return not_pending(order, &answer.target, &world.assumptions);
    }
    world.take_answer(&id, answer, now);
    shown(world, &id)
}

/// Returns the current state of the order, even if other reads lag behind.
fn shown(world: &World, id: &OrderId) -> Handled {
    let order = world.order(id).map_err(|_| Answer::not_found())?;
    Ok(Answer::data(&order.details))
}

fn not_pending(order: &Order, target: &OrderStatus, assumptions: &Assumptions) -> Handled {
    if order.details.status == *target && assumptions.same_target_again == Again::Unchanged {
        return Ok(Answer::data(&order.details));
    }
    let detail = format!("The order is {}, not pending.", order.details.status);
    Err(match assumptions.not_pending_status {
        422 => Answer::invalid("/status", &detail),
        status => Answer::error(status, "10031", "Conflict", &detail),
    })
}

fn checked(
    order: &Order,
    target: OrderStatus,
    body: &Map<String, Value>,
    assumptions: &Assumptions,
) -> Result<moves::Answer, Answer> {
    let Some(reason) = body.get("reason").and_then(Value::as_str) else {
        return Err(Answer::invalid(
            "/reason",
            "The reason is required and must be text.",
        ));
    };
    if reason.chars().count() > assumptions.longest_reason {
        let detail = format!(
            "The reason may have at most {} characters.",
            assumptions.longest_reason
        );
        return Err(Answer::invalid("/reason", &detail));
    }
    let host_messaging = match body.get("host_messaging") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(kept)) => *kept,
        Some(_) => return Err(Answer::invalid("/host_messaging", "It must be true or false.")),
    };
    let rejects = target == OrderStatus::RejectedPending;
    let rejection_code = if rejects {
        checked_code(order, body, reason, assumptions)?
    } else {
        None
    };
    Ok(moves::Answer {
        target,
        reason: reason.to_owned(),
        rejection_code,
        host_messaging,
    })
}

fn checked_code(
    order: &Order,
    body: &Map<String, Value>,
    reason: &str,
    assumptions: &Assumptions,
) -> Result<Option<i64>, Answer> {
    let refused = |detail: &str| Answer::invalid("/rejection_code", detail);
    let given = body.get("rejection_code").filter(|code| !code.is_null());
    let Some(given) = given else {
        return match assumptions.rejection_code {
            CodeInBody::Required => Err(refused("The code is required.")),
            _ if reason.trim().is_empty() => Err(Answer::invalid("/reason", "A rejection needs a reason.")),
            _ => Ok(None),
        };
    };
    match assumptions.rejection_code {
        CodeInBody::Ignored => return Ok(None),
        CodeInBody::Refused => return Err(refused("The parameter does not exist.")),
        CodeInBody::Checked | CodeInBody::Required => {}
    }
    let code = given.as_i64();
    let offered = order
        .rejection_codes
        .iter()
        .find(|offered| Some(offered.code) == code);
    match offered {
        None => Err(refused("It is not among the codes of this order.")),
        Some(offered) if offered.reason_required && reason.trim().is_empty() => {
            Err(Answer::invalid("/reason", "This code needs a reason."))
        }
        Some(offered) => Ok(Some(offered.code)),
    }
}
