//! The listeners of the service: bound and served before anything slow, so that requests during the start are answered. Then
//! the application replaces those answers on the same sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use rustix::process::{Resource, Rlimit};

use crate::cli::failure::Failure;
use crate::domain::{AccountName, ErrorChain};
use crate::engine::Engine;
use crate::http::admin::{Admin, Health, Readiness};
use crate::http::public::{Public, starting_pages};
use crate::http::{self, Limits, Listener, Pages, Startup};
use crate::lifecycle::Lifecycle;
use crate::settings::{HttpSettings, Settings};
use crate::telnyx::signature::PublicKey;

/// The time after which the upkeep of the metrics counts as stalled.
const PATIENCE: Duration = Duration::from_mins(1);

/// The open and served listeners.
pub(super) struct Listeners {
    keys: Vec<(AccountName, PublicKey)>,
    public: Option<Entrance>,
    admin: Entrance,
    metrics: PrometheusHandle,
    readiness: Readiness,
    startup: Startup,
}

/// One socket and the pages that are currently served on it.
struct Entrance {
    address: SocketAddr,
    pages: Pages,
}

impl Listeners {
    /// Binds the sockets that the settings name, and serves them: until [`Listeners::serve_application`], webhooks and
    /// admin calls are answered with 503, `/livez` with 200, and `/readyz` reports the current step of the start.
    pub(super) async fn open(
        settings: &Settings,
        keys: Vec<(AccountName, PublicKey)>,
        lifecycle: &Lifecycle,
    ) -> Result<Self, Failure> {
        let http = &settings.http;
        // Both are bound before one is served, so that a start that fails here has answered no request.
        let public = if http.webhooks {
            Some(bind("http.public_listen", "public", http.public_listen).await?)
        } else {
            None
        };
        let admin = bind("http.admin_listen", "admin", http.admin_listen).await?;
        raise_file_limit();
        let metrics = measure(lifecycle)?;
        let readiness = Readiness::new(lifecycle.clone());
        let startup = Startup::new(&readiness, "connecting to the database");
        let health = Health {
            readiness: readiness.clone(),
            metrics: metrics.clone(),
        };
        let limits = limits(http);
        let admin = Entrance::open(admin, health.starting_pages(startup.clone()), limits, lifecycle)?;
        let public = public
            .map(|listener| Entrance::open(listener, starting_pages(startup.clone()), limits, lifecycle))
            .transpose()?;
        tracing::info!(
            public = public.as_ref().map(|entrance| entrance.address.to_string()),
            admin = %admin.address,
            "Listening; the service is starting"
        );
        Ok(Self {
            keys,
            public,
            admin,
            metrics,
            readiness,
            startup,
        })
    }

    /// The current step of the start.
    pub(super) fn startup(&self) -> &Startup {
        &self.startup
    }

    /// The readiness of the parts.
    pub(super) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// The address of the admin listener.
    pub(super) fn admin_address(&self) -> SocketAddr {
        self.admin.address
    }

    /// The address of the listener for webhooks, if there is one.
    pub(super) fn public_address(&self) -> Option<SocketAddr> {
        self.public.as_ref().map(|entrance| entrance.address)
    }

    /// Serves the application on the sockets, starting with the next request.
    pub(super) fn serve_application(&mut self, engine: &Arc<Engine>, lifecycle: &Lifecycle) {
        let health = Health {
            readiness: self.readiness.clone(),
            metrics: self.metrics.clone(),
        };
        let admin = Admin::new(health, engine.clone(), lifecycle);
        self.admin.pages.replace(admin.router());
        if let Some(public) = &self.public {
            let keys = std::mem::take(&mut self.keys);
            let webhooks = Public::new(keys, engine.ingest.clone(), engine.clock.clone());
            public.pages.replace(webhooks.router());
        }
    }
}

impl Entrance {
    fn open(
        listener: Listener,
        pages: impl Into<Pages>,
        limits: Limits,
        lifecycle: &Lifecycle,
    ) -> Result<Self, Failure> {
        let address = listener.local_addr().context("reading a listener's address")?;
        let pages = pages.into();
        listener.start(pages.clone(), limits, lifecycle);
        Ok(Self { address, pages })
    }
}

/// Installs the metrics and starts their upkeep.
fn measure(lifecycle: &Lifecycle) -> Result<PrometheusHandle, Failure> {
    let metrics = http::metrics::install().context("starting the metrics")?;
    let (upkeep, stop) = (metrics.clone(), lifecycle.stop().clone());
    lifecycle.spawn("metrics upkeep", PATIENCE, |heartbeat| {
        http::metrics::upkeep(upkeep, stop, heartbeat)
    });
    Ok(metrics)
}

fn limits(http: &HttpSettings) -> Limits {
    let count = |setting: usize| u32::try_from(setting).unwrap_or(u32::MAX);
    Limits {
        connections: count(http.max_connections),
        connections_per_address: count(http.max_connections_per_address),
        ..Limits::default()
    }
}

/// Raises the limit of open files to the system's maximum for this process: each socket is a file, and many systems start
/// a process with a limit of 1024.
fn raise_file_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = rustix::process::setrlimit(Resource::Nofile, raised) {
        tracing::warn!(error = %ErrorChain(&error), "Failed to raise the limit of open files");
    }
}

async fn bind(setting: &'static str, name: &'static str, address: SocketAddr) -> Result<Listener, Failure> {
    Listener::bind(address, setting, name)
        .await
        .map_err(Failure::config)
}
