//! What the service tells its service manager, by the protocol of `sd_notify(3)`.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use sqlx::PgPool;

use super::service::Service;
use super::site::Site;
use super::soon;

#[sqlx::test]
async fn the_service_manager_hears_of_start_life_and_end(pool: PgPool) {
    let site = Site::bare(pool).await;
    let path = site.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let manager = Manager(socket);
    let program = site.start_with(
        &["serve"],
        &[("NOTIFY_SOCKET", &path), ("WATCHDOG_USEC", "4500000".as_ref())],
    );

    manager.hears("READY=1").await;
    let service = Service::running(program).await;
    assert!(service.says("/livez", 200).await, "the listeners answered before");
    let fed = std::time::Instant::now();
    manager.hears("WATCHDOG=1").await;
    manager.hears("WATCHDOG=1").await;
    assert!(fed.elapsed().as_secs_f64() < 4.5, "fed in time");
    service.program.signal(Signal::TERM);
    manager.hears("STOPPING=1").await;
    service.program.ended().await.assert(0, &[]);
}

struct Manager(UnixDatagram);

impl Manager {
    /// Waits for the next message, which has to be this one.
    async fn hears(&self, expected: &str) {
        let mut heard = None;
        soon(&format!("`{expected}` is told"), async || {
            let mut message = [0; 256];
            heard = self
                .0
                .recv(&mut message)
                .ok()
                .map(|length| message[..length].to_vec());
            heard.is_some()
        })
        .await;
        assert_eq!(String::from_utf8(heard.unwrap()).unwrap().trim(), expected);
    }
}
