//! The listeners of the service: bound and served before anything that may take time, so that whoever asks during the
//! start is answered; then the application takes the place of those answers on the same sockets.

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

/// How long the upkeep of the metrics may show no progress.
const PATIENCE: Duration = Duration::from_mins(1);

/// The listeners, which are served.
pub(super) struct Listeners {
    keys: Vec<(AccountName, PublicKey)>,
    public: Option<Entrance>,
    admin: Entrance,
    metrics: PrometheusHandle,
    readiness: Readiness,
    startup: Startup,
}

/// One socket and the pages that are served on it now.
struct Entrance {
    address: SocketAddr,
    pages: Pages,
}

impl Listeners {
    /// Binds the sockets that the settings name, and serves them: until [`Listeners::serve_application`] webhooks and admin
    /// calls are answered with 503, `/livez` with 200, and `/readyz` says what the start waits for.
    pub(super) async fn open(
        settings: &Settings,
        keys: Vec<(AccountName, PublicKey)>,
        lifecycle: &Lifecycle,
    ) -> Result<Self, Failure> {
        let http = &settings.http;
        // Both are bound before one is served: a start that fails here has answered nobody.
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

    /// The step that the start is at.
    pub(super) fn startup(&self) -> &Startup {
        &self.startup
    }

    /// What has to be ready.
    pub(super) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Where the admin pages are.
    pub(super) fn admin_address(&self) -> SocketAddr {
        self.admin.address
    }

    /// Where webhooks are taken, if they are.
    pub(super) fn public_address(&self) -> Option<SocketAddr> {
        self.public.as_ref().map(|entrance| entrance.address)
    }

    /// Serves the application on the sockets from the next request on.
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

/// Allows as many open files as the system grants this process: each socket is one, and many systems start a process
/// with 1024 for everything it opens.
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
