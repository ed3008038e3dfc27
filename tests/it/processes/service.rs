//! `portoutd serve` in a process of its own.

use reqwest::StatusCode;

use super::program::Program;
use super::soon;
use super::stand_in::http_client;

pub(crate) struct Service {
    pub(crate) program: Program,
    /// Where the admin listener answers, such as `127.0.0.1:20001`.
    pub(crate) admin: String,
    /// Where webhooks are taken, if they are.
    pub(crate) public: Option<String>,
    http: reqwest::Client,
}

impl Service {
    /// Waits until the program says that it runs.
    pub(crate) async fn running(program: Program) -> Self {
        Self::announced(program, "portoutd is running").await
    }

    /// Waits until the program says that it listens, which it does long before it runs.
    pub(crate) async fn listening(program: Program) -> Self {
        Self::announced(program, "Listening; the service is starting").await
    }

    async fn announced(mut program: Program, message: &str) -> Self {
        soon(message, async || {
            assert!(program.runs(), "the service has ended");
            program.logged(message).is_some()
        })
        .await;
        let said = program.logged(message).unwrap();
        let address = |key: &str| said[key].as_str().map(str::to_owned);
        Self {
            admin: address("admin").unwrap(),
            public: address("public"),
            http: http_client(),
            program,
        }
    }

    /// Asks the admin listener. `None` where nobody answers.
    pub(crate) async fn get(&self, path: &str) -> Option<(StatusCode, String)> {
        let answer = self.http.get(format!("http://{}{path}", self.admin)).send().await;
        let answer = answer.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    }

    /// Whether a page of the admin listener answers with this status.
    pub(crate) async fn says(&self, path: &str, status: u16) -> bool {
        self.get(path).await.is_some_and(|(said, _)| said == status)
    }
}
