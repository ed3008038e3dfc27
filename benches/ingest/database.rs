//! The bench's own database.

use std::str::FromStr as _;

use anyhow::Result;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

pub(crate) struct Database {
    server: PgConnection,
    name: String,
    url: String,
    inside: PgPool,
}

impl Database {
    pub(crate) async fn create(server_url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(server_url)?;
        let mut server = options.connect().await?;
        let name = format!("portoutd_bench_{}", std::process::id());
        server
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await?;
        // The service sets this itself. Here it is set for every contestant, so that none pays for planning.
        server
            .execute(AssertSqlSafe(format!(
                "alter database {name} set plan_cache_mode = force_generic_plan"
            )))
            .await?;
        let url = options.database(&name).to_url_lossy().to_string();
        let inside = portoutd::store::connect(&url, 2, portoutd::store::Sessions::Tool).await?;
        portoutd::store::migrate(&inside).await?;
        Ok(Self {
            server,
            name,
            url,
            inside,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the process ID of a backend, with which the server's processes are found.
    pub(crate) async fn backend(&mut self) -> Result<u32> {
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut self.server)
            .await?;
        Ok(u32::try_from(pid)?)
    }

    pub(crate) async fn setting(&mut self, name: &str) -> Result<String> {
        Ok(sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut self.server)
            .await?)
    }

    /// Empties the tables, and makes the server do its housekeeping before the next measurement and not during it.
    pub(crate) async fn clear(&mut self) -> Result<()> {
        // `truncate` would cascade into tables that refuse it.
        for statement in [
            "delete from events",
            "delete from orders",
            "vacuum full events",
            "vacuum full orders",
        ] {
            self.inside.execute(statement).await?;
        }
        self.server.execute("checkpoint").await?;
        Ok(())
    }

    pub(crate) async fn events(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from events")
            .fetch_one(&self.inside)
            .await?)
    }

    pub(crate) async fn drop(mut self) -> Result<()> {
        self.inside.close().await;
        self.server
            .execute(AssertSqlSafe(format!("drop database {} with (force)", self.name)))
            .await?;
        Ok(self.server.close().await?)
    }
}
