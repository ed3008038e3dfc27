//! The assembled service in this process: each of its long tasks is killed, and the service must end.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{ConnectOptions as _, PgPool};

use super::{ReadSecrets, serve};
use crate::clock::SystemClock;
use crate::lifecycle::Lifecycle;
use crate::settings::Settings;
use crate::simulator::{Simulator, SimulatorConfig};

/// The time limit of every step of these tests.
const PATIENCE: Duration = Duration::from_mins(1);

const RULES: &str = "version = 1\n";

/// Every long task of a service with one account and webhooks.
const TASKS: [&str; 13] = [
    "metrics upkeep",
    "intake writer",
    "workers",
    "deadline watch",
    "poller of account default",
    "SIGHUP listener",
    "rule file watcher",
    "database watcher",
    "clock report",
    "PIN key watcher",
    "secret reader",
    "admin listener",
    "public listener",
];

fn settings(pool: &PgPool, telnyx: &Simulator, folder: &Path) -> Settings {
    let database = pool.connect_options().to_url_lossy().to_string();
    settings_with(&database, telnyx, folder)
}

fn settings_with(database: &str, telnyx: &Simulator, folder: &Path) -> Settings {
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    let text = format!(
        "rules = {rules:?}\n\
         [telnyx]\nbase_url = {base_url:?}\napi_key = {api_key:?}\npublic_key = {public_key:?}\n\
         [http]\npublic_listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [database]\nurl = {database:?}\nmax_connections = 4\n",
        rules = folder.join("rules.toml").display().to_string(),
        base_url = telnyx.base_url(),
        api_key = telnyx.api_key(),
        public_key = telnyx.public_key(),
    );
    let file = folder.join("portoutd.toml");
    Settings::from_layers(Some((file, text)), [], &|path| fs::read_to_string(path)).unwrap()
}

/// Secrets that are never rotated.
fn read_secrets(settings: &Settings) -> ReadSecrets {
    let serving = settings.for_serve().unwrap();
    Arc::new(move || Ok(serving.clone()))
}

/// Waits until the service has started each of its tasks, and all are healthy.
async fn started(lifecycle: &Lifecycle) {
    let all = async {
        while lifecycle.states().iter().filter(|task| task.is_healthy()).count() < TASKS.len() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .unwrap_or_else(|_| panic!("not every task runs: {:?}", lifecycle.states()));
}

async fn simulator(outside: &Lifecycle) -> Simulator {
    let config = SimulatorConfig::new(Arc::new(SystemClock));
    Simulator::start(config, outside.tracker(), outside.stop().clone())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_listener_that_dies_during_the_start_ends_the_start() {
    let outside = Lifecycle::new();
    let telnyx = simulator(&outside).await;
    // Accepts connections and never responds.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://portoutd@{}/portoutd", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_with(&url, &telnyx, folder.path());
    for task in ["admin listener", "public listener", "metrics upkeep"] {
        let lifecycle = Lifecycle::new();
        let kill = async {
            let listens = async {
                while lifecycle.states().len() < 3 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(PATIENCE, listens).await.expect("it listens");
            lifecycle.kill(task);
        };
        let served = serve(&settings, true, read_secrets(&settings), &lifecycle);
        let both = async { tokio::join!(served, kill).0 };
        let ended = tokio::time::timeout(PATIENCE, Box::pin(both)).await;
        let found = format!("{:?}", ended.expect("the start ends").unwrap_err());
        let expected = format!("Failure {{ code: 1, error: the task `{task}` was aborted");
        assert!(found.starts_with(&expected), "{found}");
    }
    outside.drain().await;
}

#[sqlx::test]
async fn whichever_task_dies_the_service_drains_and_fails_for_it(pool: PgPool) {
    let outside = Lifecycle::new();
    let telnyx = simulator(&outside).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&pool, &telnyx, folder.path());
    for task in TASKS {
        let lifecycle = Lifecycle::new();
        let ended = Box::pin(tokio::time::timeout(PATIENCE, async {
            let kill = async {
                started(&lifecycle).await;
                lifecycle.kill(task);
            };
            tokio::join!(serve(&settings, true, read_secrets(&settings), &lifecycle), kill).0
        }));
        let failure = ended.await.expect("the service ends").unwrap_err();
        let expected = format!(
            "Failure {{ code: 1, error: the task `{task}` was aborted, so the service stops and has to be restarted"
        );
        let found = format!("{failure:?}");
        assert!(found.starts_with(&expected), "{found}");
        let named: Vec<String> = lifecycle.states().into_iter().map(|state| state.name).collect();
        assert_eq!(
            named.len(),
            TASKS.len(),
            "a task is missing in this test: {named:?}"
        );
    }
    outside.drain().await;
}
