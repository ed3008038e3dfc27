//! The pages of a listener. They can be replaced while it serves.

use std::convert::Infallible;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::service::Service;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};

use crate::http::request_span::in_spans;

/// The pages that a listener serves now. Clones share them. Every request gets the newest pages, also on an open
/// connection.
#[derive(Debug, Clone)]
pub struct Pages(Arc<ArcSwap<Router>>);

impl Pages {
    /// Serves other pages from the next request on. Requests in progress complete on the pages where they started.
    pub fn replace(&self, router: Router) {
        self.0.store(Arc::new(in_spans(router)));
    }
}

impl From<Router> for Pages {
    fn from(router: Router) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(in_spans(router))))
    }
}

impl Service<Request<Body>> for Pages {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = TowerToHyperServiceFuture<Router, Request<Body>>;

    fn call(&self, request: Request<Body>) -> Self::Future {
        let router = Router::clone(&self.0.load());
        TowerToHyperService::new(router).call(request)
    }
}
