//! Tests of the list of orders and of single orders.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::domain::OrderStatus;
use crate::simulator::assumptions::ListOrder;
use crate::simulator::new_order::NewOrder;

fn ids(listed: &Value) -> Vec<&str> {
    listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_call_without_the_right_key_is_refused() {
    let stage = Stage::new().await;
    let url = format!("{}/portouts", stage.sim.base_url());
    for request in [
        stage.client().get(&url),
        stage.client().get(&url).bearer_auth("KEY-OTHER"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["code"], "10009");
    }
    assert_eq!(stage.get("/portouts").await.0, 200);
}

#[tokio::test]
async fn what_is_not_there_is_404_in_the_shape_of_telnyx() {
    let stage = Stage::new().await;
    for path in [
        "/portouts/0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
        "/portouts/no-uuid",
        "/portouts/rejections/0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
        "/portouts/events/0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
        "/phone_numbers",
    ] {
        let (status, body) = stage.get(path).await;
        assert_eq!(
            (status, &body["errors"][0]["code"]),
            (404, &json!("10005")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_filter_of_the_list_narrows_it() {
    let stage = Stage::new().await;
    let wanted = NewOrder::default()
        .numbers(["+14165550123"])
        .spid("6529")
        .carrier_name("Blue Heron Communications")
        .pon("PON-7")
        .inserted_at("2026-11-22T18:00:00Z".parse().unwrap())
        .requested_foc("2026-11-22T00:00:00Z".parse().unwrap());
    let wanted = stage.sim.open_order(wanted);
    stage.sim.authorize_in_portal(&wanted).unwrap();
    stage.sim.port(&wanted).unwrap();
    let other = stage.open();
    let support_key = stage.sim.order(&wanted).unwrap().support_key;
    for filter in [
        "filter[carrier_name]=blue heron communications",
        "filter[country_code]=CA",
        "filter[country_code_in][]=CA&filter[country_code_in][]=MX",
        "filter[foc_date]=2026-11-22T00:00:00.000Z",
        "filter[inserted_at][lte]=2026-11-23T00:00:00Z",
        "filter[phone_number]=%2B14165550123",
        "filter[pon]=PON-7",
        "filter[ported_out_at][gte]=2026-11-23T00:00:00Z&filter[ported_out_at][lte]=2026-11-24T00:00:00Z",
        "filter[spid]=6529",
        "filter[status]=ported",
        "filter[status_in]=ported,canceled",
        &format!("filter[support_key]={support_key}"),
    ] {
        let (status, listed) = stage.get(&format!("/portouts?{filter}")).await;
        assert_eq!((status, ids(&listed)), (200, vec![wanted.as_str()]), "{filter}");
    }
    let (_, both) = stage.get("/portouts?filter[status_in]=ported,pending").await;
    assert_eq!(ids(&both).len(), 2);
    let (_, later) = stage
        .get("/portouts?filter[inserted_at][gte]=2026-11-23T00:00:00Z")
        .await;
    assert_eq!(ids(&later), [other.as_str()]);
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused() {
    let stage = Stage::new().await;
    for filter in [
        "filter[status]=waiting",
        "filter[status_in]=pending,waiting",
        "filter[inserted_at][gte]=yesterday",
        "filter[nothing]=1",
    ] {
        assert_eq!(stage.get(&format!("/portouts?{filter}")).await.0, 422, "{filter}");
    }
}

#[tokio::test]
async fn answering_shrinks_the_pages_of_pending_orders() {
    let stage = Stage::assuming(|assumed| assumed.list_order = ListOrder::OldestFirst).await;
    let orders: Vec<_> = (0..5).map(|_| stage.open()).collect();
    let page = "/portouts?filter[status]=pending&page[size]=2&page[number]=2";
    let (_, before) = stage.get(page).await;
    assert_eq!(ids(&before), [orders[2].as_str(), orders[3].as_str()]);
    assert_eq!(before["meta"]["total_pages"], 3);
    stage
        .answer(&orders[0], "authorized", json!({"reason": "Verified."}))
        .await;
    let (_, after) = stage.get(page).await;
    assert_eq!(ids(&after), [orders[3].as_str(), orders[4].as_str()]);
}

#[tokio::test]
async fn the_pin_stands_in_events_and_never_in_an_order() {
    let stage = Stage::new().await;
    let order = stage.sim.open_order(NewOrder::default().pin(Some("48151623")));
    let (_, shown) = stage.get(&format!("/portouts/{order}")).await;
    let (_, listed) = stage.get("/portouts").await;
    assert!(!shown.to_string().contains("48151623") && !listed.to_string().contains("48151623"));
    let (_, events) = stage
        .get(&format!("/portouts/events?filter[portout_id]={order}"))
        .await;
    assert_eq!(events["data"][0]["payload"]["attempted_pin"], "48151623");
    let order = NewOrder::default().pin(Some("48151623"));
    assert!(!format!("{order:?}").contains("48151623"));
}

#[tokio::test]
async fn comments_and_documents_are_kept_with_their_order() {
    let stage = Stage::new().await;
    let (order, other) = (stage.open(), stage.open());
    let comments = format!("/portouts/{order}/comments");
    let (status, ours) = stage.post(&comments, json!({"body": "Please wait."})).await;
    assert_eq!((status, &ours["data"]["body"]), (201, &json!("Please wait.")));
    stage.sim.comment(&order, "Telnyx here.").unwrap();
    let (_, listed) = stage.get(&comments).await;
    assert_eq!(listed["meta"]["total_results"], 2);
    assert_eq!(listed["data"][1]["user_id"], Value::Null);
    assert_eq!(
        stage.get(&format!("/portouts/{other}/comments")).await.1["data"],
        json!([])
    );
    assert_eq!(stage.post(&comments, json!({"body": " "})).await.0, 422);

    let documents = format!("/portouts/{order}/supporting_documents");
    let loa = json!({"type": "loa", "document_id": "5a16902a-2ee9-4882-a247-420fc6627b62"});
    assert_eq!(stage.post(&documents, json!({"documents": [loa]})).await.0, 201);
    let (status, listed) = stage.get(&documents).await;
    assert_eq!((status, &listed["data"][0]["type"]), (201, &json!("loa")));
    for bad in [
        json!([]),
        json!([{"type": "photo", "document_id": loa["document_id"]}]),
        json!([{"type": "loa"}]),
    ] {
        assert_eq!(
            stage.post(&documents, json!({"documents": bad})).await.0,
            422,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn an_order_offers_its_own_rejection_codes() {
    let stage = Stage::new().await;
    let order = stage.open();
    let codes = async |query: &str| {
        let (_, listed) = stage.get(&format!("/portouts/rejections/{order}{query}")).await;
        let codes = listed["data"].as_array().unwrap().iter();
        codes
            .map(|code| code["code"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("").await, [1001, 1002, 1003, 1004, 1005, 1006]);
    assert_eq!(codes("?filter[code]=1002").await, [1002]);
    assert_eq!(codes("?filter[code][in]=1002,1004").await, [1002, 1004]);
    assert_eq!(
        codes("?filter[code][]=1001&filter[code][]=1006").await,
        [1001, 1006]
    );
    assert_eq!(
        stage
            .get(&format!("/portouts/rejections/{order}?filter[code]=x"))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn an_order_can_appear_as_rejected_without_ever_having_been_pending() {
    let stage = Stage::new().await;
    let order = stage
        .sim
        .open_order(NewOrder::default().status(OrderStatus::Rejected));
    let (_, shown) = stage.get(&format!("/portouts/{order}")).await;
    assert_eq!(shown["data"]["status"], "rejected");
    assert_eq!(stage.sim.order(&order).unwrap().history.len(), 1);
}

#[tokio::test]
async fn every_request_is_logged_with_its_call_body_and_status() {
    let stage = Stage::new().await;
    let order = stage.open();
    stage.get("/portouts?filter[status]=pending").await;
    stage
        .answer(&order, "authorized", json!({"reason": "Verified."}))
        .await;
    let requests = stage.sim.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|one| (one.call.to_string(), one.status))
        .collect();
    assert_eq!(
        seen,
        [
            ("list-orders".to_owned(), Some(200)),
            ("update-status".to_owned(), Some(200))
        ]
    );
    assert_eq!(requests[0].query, "filter[status]=pending");
    assert_eq!(requests[1].body, Some(json!({"reason": "Verified."})));
    assert_eq!(requests[1].path, format!("/v2/portouts/{order}/authorized"));
}
