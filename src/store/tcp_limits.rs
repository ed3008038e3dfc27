//! Makes the kernel give up a TCP connection to Postgres on which nothing is acknowledged anymore.
//!
//! sqlx pings a returned connection without a time limit and while it holds its place in the pool, and it gives no
//! access to its sockets. This module therefore finds the sockets of this process that are connected to the database,
//! and duplicates each to set its options, which belong to the socket and not to the descriptor.

use crate::domain::ErrorChain;
use std::sync::Once;

use sqlx::postgres::PgConnectOptions;

/// Returns the TCP port of a server, or `None` if it is reached over a Unix socket.
pub(super) fn tcp_port(options: &PgConnectOptions) -> Option<u16> {
    let is_tcp = options.get_socket().is_none() && !options.get_host().starts_with('/');
    is_tcp.then(|| options.get_port())
}

/// Limits every connection of this process to this port. If the system does not allow it (not Linux, a kernel before
/// 5.6, or a system call filter), connections keep the kernel's own limits, and `database_watch` ends the process when
/// no pooled connection works anymore.
pub(super) fn limit(port: u16) {
    static REPORTED: Once = Once::new();
    #[cfg(not(target_os = "linux"))]
    use not_linux as linux;
    if let Err(error) = linux::limit(port) {
        REPORTED.call_once(|| {
            tracing::debug!(error = %ErrorChain(&error), "Failed to limit how long TCP connections to Postgres may be unresponsive");
        });
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;
    use std::net::SocketAddr;
    use std::time::Duration;

    use rustix::fd::OwnedFd;
    use rustix::net::{getpeername, sockopt};
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    /// How long sent data may stay unacknowledged, in milliseconds. The kernel's own limit is about 15 minutes.
    const UNACKNOWLEDGED: u32 = 10_000;

    /// How long a connection may be idle before the kernel probes the other side.
    const IDLE: Duration = Duration::from_secs(10);

    /// The time between further probes.
    const INTERVAL: Duration = Duration::from_secs(5);

    pub(super) fn limit(port: u16) -> io::Result<()> {
        let ourselves = pidfd_open(getpid(), PidfdFlags::empty())?;
        for entry in fs::read_dir("/proc/self/fd")? {
            let entry = entry?;
            let is_socket = fs::read_link(entry.path())
                .is_ok_and(|target| target.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(number) = number.filter(|_| is_socket) else {
                continue;
            };
            match pidfd_getfd(&ourselves, number, PidfdGetfdFlags::empty()) {
                Ok(socket) if leads_to(&socket, port) => set_limits(&socket)?,
                // Another socket, or one that was closed in the meantime.
                Ok(_) | Err(rustix::io::Errno::BADF) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn leads_to(socket: &OwnedFd, port: u16) -> bool {
        let peer = getpeername(socket).ok().flatten();
        peer.and_then(|peer| SocketAddr::try_from(peer).ok())
            .is_some_and(|peer| peer.port() == port)
    }

    fn set_limits(socket: &OwnedFd) -> rustix::io::Result<()> {
        sockopt::set_tcp_user_timeout(socket, UNACKNOWLEDGED)?;
        sockopt::set_tcp_keepidle(socket, IDLE)?;
        sockopt::set_tcp_keepintvl(socket, INTERVAL)?;
        sockopt::set_socket_keepalive(socket, true)
    }

    #[cfg(test)]
    mod tests {
        use std::net::{TcpListener, TcpStream};

        use super::*;

        #[test]
        fn only_connections_to_the_port_of_the_database_are_limited() {
            let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
            let streams = listeners
                .each_ref()
                .map(|listener| TcpStream::connect(listener.local_addr().unwrap()).unwrap());
            match limit(listeners[0].local_addr().unwrap().port()) {
                Ok(()) => {}
                // For example in a container whose system call filter forbids it.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
                Err(error) => panic!("{error}"),
            }
            let limits = streams.map(|stream| {
                let timeout = sockopt::tcp_user_timeout(&stream).unwrap();
                (timeout, sockopt::socket_keepalive(&stream).unwrap())
            });
            assert_eq!(limits, [(UNACKNOWLEDGED, true), (0, false)]);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod not_linux {
    pub(super) fn limit(_: u16) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
