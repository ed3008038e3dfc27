//! A running simulator.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::assumptions::Assumptions;
use super::config::{SimulatorConfig, StartError};
use super::faults::{Call, Fault, FaultOrder, Times};
use super::moves::MoveError;
use super::new_order::NewOrder;
use super::order::{ChangedBy, OrderSnapshot};
use super::port_ins::NewPortIn;
use super::requests::RecordedRequest;
use super::scenarios;
use super::scenarios::ScenarioRun;
use super::signing::{Keys, Signed};
use super::webhooks::{AttemptEnd, Delivery, WebhookFaults, courier};
use super::world::{UnknownOrder, World};
use super::{Shared, clockwork, wire};
use crate::domain::{OrderId, OrderStatus};

/// A running simulator. Clones are handles of the same one. It stops with its token.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    seed: u64,
    tracker: TaskTracker,
    stop: CancellationToken,
}

/// Injects faults, see [`Simulator::faults`].
pub struct Faults<'a>(&'a Simulator);

impl Simulator {
    /// Binds the address, and runs on the tracker until the token is cancelled.
    pub async fn start(
        config: SimulatorConfig,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let listen = config.listen;
        let failed = |source| StartError::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "Anyone who can connect to this address can control the simulator");
        }
        let world = World::new(config.seed, config.assumptions, config.webhook_url);
        let keys = Keys::from_seed(config.seed);
        let client = webhook_client().map_err(StartError::Client)?;
        let shared = Shared::new(world, config.clock, config.signature_clock, keys, client);
        let shared = Arc::new(shared);
        tracker.spawn(wire::listen(
            listener,
            Arc::clone(&shared),
            tracker.clone(),
            stop.clone(),
        ));
        tracker.spawn(clockwork::run(Arc::clone(&shared), stop.clone()));
        tracker.spawn(courier::run(Arc::clone(&shared), tracker.clone(), stop.clone()));
        Ok(Self {
            shared,
            address,
            seed: config.seed,
            tracker: tracker.clone(),
            stop,
        })
    }

    /// Returns the value for a service's `telnyx.base_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// Returns the root of the control API, without a trailing slash.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}/_simulator", self.address)
    }

    /// Returns the key that calls must contain.
    #[must_use]
    pub fn api_key(&self) -> String {
        self.shared.keys().api_key().to_owned()
    }

    /// Returns the key that verifies webhooks: base64 of 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.shared.keys().public_key()
    }

    /// Sets where webhooks are sent from now on, or `None` to send none.
    pub fn set_webhook_url(&self, url: Option<String>) {
        self.shared.change(|world, _| world.webhook_url = url);
    }

    /// Changes the assumptions from now on.
    pub fn assume(&self, change: impl FnOnce(&mut Assumptions)) {
        self.shared.change(|world, _| change(&mut world.assumptions));
    }

    /// Opens an order, with its event and its webhook.
    #[must_use]
    pub fn open_order(&self, order: NewOrder) -> OrderId {
        self.shared.change(|world, now| world.open_order(order, now))
    }

    /// Opens a port-in order: numbers that are transferred to the account.
    #[must_use]
    pub fn open_port_in(&self, port_in: &NewPortIn) -> String {
        self.shared.change(|world, now| world.open_port_in(port_in, now))
    }

    /// Returns the current state of an order.
    pub fn order(&self, id: &OrderId) -> Result<OrderSnapshot, UnknownOrder> {
        self.shared
            .look(|world, _| world.order(id).map(super::order::Order::snapshot))
    }

    /// Returns every order, in the order of their opening.
    #[must_use]
    pub fn orders(&self) -> Vec<OrderSnapshot> {
        self.shared
            .look(|world, _| world.orders.iter().map(super::order::Order::snapshot).collect())
    }

    /// Returns a rejection to pending: rejected-pending becomes pending again.
    pub fn bounce(&self, id: &OrderId) -> Result<(), MoveError> {
        self.shared
            .change(|world, now| world.bounce(id, now, ChangedBy::Hand))
    }

    /// Accepts a rejection: rejected-pending becomes rejected.
    pub fn accept_rejection(&self, id: &OrderId) -> Result<(), MoveError> {
        self.move_order(
            id,
            &[OrderStatus::RejectedPending],
            OrderStatus::Rejected,
            ChangedBy::Hand,
        )
    }

    /// Withdraws an order that has not ended.
    pub fn cancel(&self, id: &OrderId) -> Result<(), MoveError> {
        let open = [
            OrderStatus::Pending,
            OrderStatus::RejectedPending,
            OrderStatus::Authorized,
        ];
        self.move_order(id, &open, OrderStatus::Canceled, ChangedBy::Hand)
    }

    /// Completes an authorized order.
    pub fn port(&self, id: &OrderId) -> Result<(), MoveError> {
        self.move_order(
            id,
            &[OrderStatus::Authorized],
            OrderStatus::Ported,
            ChangedBy::Hand,
        )
    }

    /// Authorizes a pending order as silence would, now.
    pub fn authorize_by_silence(&self, id: &OrderId) -> Result<(), MoveError> {
        self.move_order(
            id,
            &[OrderStatus::Pending],
            OrderStatus::Authorized,
            ChangedBy::Silence,
        )
    }

    /// Authorizes a pending order as a person in Telnyx's portal would.
    pub fn authorize_in_portal(&self, id: &OrderId) -> Result<(), MoveError> {
        self.move_order(
            id,
            &[OrderStatus::Pending],
            OrderStatus::Authorized,
            ChangedBy::Hand,
        )
    }

    /// Adds a comment on an order by Telnyx, with event and webhook.
    pub fn comment(&self, id: &OrderId, body: &str) -> Result<(), UnknownOrder> {
        let body = body.to_owned();
        self.shared
            .change(|world, now| world.comment(id, body, None, now).map(drop))
    }

    /// Changes the FOC date, with event and webhook.
    pub fn change_foc(&self, id: &OrderId, foc_date: Timestamp) -> Result<(), UnknownOrder> {
        self.shared
            .change(|world, now| world.change_foc(id, foc_date, now))
    }

    /// Changes the numbers of an order, as a gaining carrier that amends its request does. Nobody is notified.
    pub fn amend_numbers(&self, id: &OrderId, numbers: &[&str]) -> Result<(), UnknownOrder> {
        let numbers: Vec<String> = numbers.iter().map(|number| (*number).to_owned()).collect();
        self.shared
            .change(|world, now| world.amend(id, now, |details| details.phone_numbers = numbers))
    }

    /// Changes the gaining carrier's SPID. Nobody is notified.
    pub fn amend_spid(&self, id: &OrderId, spid: &str) -> Result<(), UnknownOrder> {
        let spid = Some(spid.to_owned());
        self.shared
            .change(|world, now| world.amend(id, now, |details| details.spid = spid))
    }

    /// Returns the handle that injects faults into calls.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// Sets the faults of webhooks from the next one on. What a reversed sequence still holds back is sent.
    pub fn set_webhook_faults(&self, faults: WebhookFaults) {
        self.shared.change(|world, _| {
            world.release_held_back();
            world.webhook_faults = faults;
        });
    }

    /// Returns every request to `/v2` since the start.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.look(|world, _| world.requests.all())
    }

    /// Returns the requests of one call since the start.
    #[must_use]
    pub fn requests_of(&self, call: Call) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.call == call);
        requests
    }

    /// Returns every webhook since the start, with its delivery attempts.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let snapshot = super::webhooks::Record::snapshot;
        self.shared
            .look(|world, _| world.deliveries.iter().map(snapshot).collect())
    }

    /// Signs bytes as a webhook sent now would be signed.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> Signed {
        self.shared.keys().sign(self.shared.signature_time(), body)
    }

    /// Signs arbitrary bytes and posts them once to the webhook URL. The delivery is not recorded.
    pub async fn deliver_raw(&self, body: impl Into<Vec<u8>>) -> AttemptEnd {
        courier::deliver_raw(&self.shared, body.into()).await
    }

    /// Plays scenarios: orders arrive, bounce and wait, until the run ends or the simulator stops.
    pub fn play(&self, performance: ScenarioRun) {
        let play = scenarios::play(Arc::clone(&self.shared), self.seed, performance);
        let stop = self.stop.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = play => {}
            }
        });
    }

    /// Waits until a condition is true, and checks it after every change. Set your own timeout.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        let mut changed = self.shared.changes();
        loop {
            changed.borrow_and_update();
            if condition(self) {
                return;
            }
            // The sender lives as long as `self`, so the wait cannot fail.
            let _ = changed.changed().await;
        }
    }

    /// Waits until no webhook is queued or in progress. One that will be retried later does not count.
    pub async fn webhooks_at_rest(&self) {
        let at_rest = super::webhooks::Record::is_at_rest;
        self.wait_until(|simulator| {
            let all = |world: &mut World, _| world.deliveries.iter().all(at_rest);
            simulator.shared.look(all)
        })
        .await;
    }

    fn move_order(
        &self,
        id: &OrderId,
        from: &[OrderStatus],
        to: OrderStatus,
        by: ChangedBy,
    ) -> Result<(), MoveError> {
        self.shared
            .change(|world, now| world.move_by_hand(id, from, to, now, by))
    }
}

impl Faults<'_> {
    /// Makes the next call of this kind fail. Further faults are queued.
    pub fn next(&self, call: Call, fault: Fault) {
        self.order(FaultOrder {
            call,
            fault,
            times: Times::Only(1),
        });
    }

    /// Makes the next calls of this kind fail, as many times as given.
    pub fn times(&self, count: u32, call: Call, fault: Fault) {
        if count > 0 {
            self.order(FaultOrder {
                call,
                fault,
                times: Times::Only(count),
            });
        }
    }

    /// Makes every call of this kind fail until the faults are cleared.
    pub fn always(&self, call: Call, fault: Fault) {
        self.order(FaultOrder {
            call,
            fault,
            times: Times::Always,
        });
    }

    /// Adds a fault in the form of the command line.
    pub fn order(&self, order: FaultOrder) {
        self.0.shared.change(|world, _| world.faults.order(order));
    }

    /// Clears all pending faults.
    pub fn clear(&self) {
        self.0.shared.change(|world, _| world.faults.clear());
    }

    /// Returns how many calls will still fail. A fault that always happens counts as one.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.shared.look(|world, _| world.faults.waiting())
    }
}

fn webhook_client() -> Result<reqwest::Client, reqwest::Error> {
    // An error means that another part of the process has installed a provider, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(8)
        .build()
}
