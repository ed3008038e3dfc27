//! Reads a list to its end, although it changes in the meantime and the server may report wrong totals.
//!
//! The list ends when a page is empty, when a page contains nothing new, or when as many elements were found as Telnyx
//! announced and the page was not full. Page counts are not trusted. A page that cannot be read is requested again as
//! smaller pages, so that one element cannot hide the others.

use std::time::Duration;

use tokio::time::Instant;

use super::bounds::{ListBound, ListBounds};
use super::exchange::Answered;
use super::filter::Query;
use super::found::{Found, NoRoom};
use super::listing::{ListEnd, Listing, SkippedElement};
use super::position::Position;
use super::refusal::{chain, data};
use super::{Client, ReadError, Unreadable};
use crate::telnyx::json::{self, Object};

/// How many elements in a row are skipped because each is too large.
const TOO_LARGE_IN_A_ROW: u32 = 8;

/// How many elements in a row are skipped for any other reason. More in a row mean that the server fails.
const UNREADABLE_IN_A_ROW: u32 = 3;

/// The progress of reading a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of pages read so far.
    pub pages: u64,
    /// The total number of pages, as far as Telnyx announces it. It grows with each query that the filter needs.
    pub total_pages: u64,
    /// The number of different elements found so far.
    pub found: usize,
}

/// Why the reading stopped before the end of the list.
enum Stop {
    Bound(ListBound),
    Failed(ReadError),
}

/// The content of a page apart from its elements.
struct Page {
    length: u64,
    /// The page size that Telnyx reports.
    size: Option<u64>,
    total_pages: Option<u64>,
    total_results: Option<u64>,
}

/// The totals in the pages of one pass. They change while the list does.
#[derive(Debug, Default)]
struct Totals {
    last: Option<u64>,
    least: Option<u64>,
    shrank: bool,
}

/// A list that is being read.
struct Reading<'a, F> {
    client: &'a Client,
    path: &'a [&'a str],
    bounds: ListBounds,
    on_progress: F,
    found: Found,
    skipped: Vec<SkippedElement>,
    progress: Progress,
    requests: u64,
    answer_time: Duration,
    limited: u32,
}

impl Client {
    /// Reads all pages of all queries before it returns anything.
    ///
    /// If the list shrank while it was read, elements at the top of a page may have moved to a page that was read
    /// already. The list is then read a second time, and both passes count.
    pub(super) async fn read_list(
        &self,
        path: &[&str],
        queries: &[Query],
        bounds: ListBounds,
        on_progress: impl FnMut(Progress) + Send,
    ) -> Listing<String> {
        let mut reading = Reading {
            client: self,
            path,
            bounds,
            on_progress,
            found: Found::default(),
            skipped: Vec::new(),
            progress: Progress::default(),
            requests: 0,
            answer_time: Duration::ZERO,
            limited: 0,
        };
        let end = reading.read(queries).await;
        reading.report(&end);
        Listing {
            elements: reading.found.into_elements(),
            end,
            skipped: reading.skipped,
        }
    }
}

impl<F: FnMut(Progress) + Send> Reading<'_, F> {
    async fn read(&mut self, queries: &[Query]) -> ListEnd {
        let mut end = ListEnd::Whole;
        for query in queries {
            match self.read_query(query).await {
                Ok(None) => {}
                Ok(Some(short)) => end = short,
                Err(Stop::Bound(bound)) => return ListEnd::Endless(bound),
                Err(Stop::Failed(error)) => return ListEnd::Failed(error),
            }
        }
        end
    }

    /// Reads one query, a second time if the list shrank in the meantime. Returns how it fell short, if it did.
    async fn read_query(&mut self, query: &Query) -> Result<Option<ListEnd>, Stop> {
        self.found.start_query();
        let skipped_before = self.skipped.len();
        let mut totals = self.walk(query).await?;
        if totals.shrank {
            self.skipped.truncate(skipped_before);
            totals = self.walk(query).await?;
        }
        let found = self.found.in_query() + self.skipped_since(skipped_before);
        let short = totals.least.filter(|promised| found < *promised);
        Ok(short.map(|promised| ListEnd::Short { found, promised }))
    }

    /// Reads one page after another to the end.
    async fn walk(&mut self, query: &Query) -> Result<Totals, Stop> {
        self.found.start_walk();
        let (pages_before, skipped_before) = (self.progress.total_pages, self.skipped.len());
        let mut at = Position::start();
        let mut totals = Totals::default();
        let (mut pages, mut in_a_row) = (0, 0);
        loop {
            self.check_bounds()?;
            let known_before = self.found.in_walk();
            let page = match self.read_page(query, &at).await {
                Ok(page) => page?,
                Err(error) => {
                    self.get_around(error, &mut at, &mut in_a_row)?;
                    continue;
                }
            };
            in_a_row = 0;
            pages += 1;
            totals.see(page.total_results);
            self.report_page(pages_before, pages, &page);
            let full = page.length >= page.size.map_or(at.size(), |size| size.min(at.size()));
            at.advance(page.length);
            let anything_new = self.found.in_walk() > known_before;
            let found = self.found.in_walk() + self.skipped_since(skipped_before);
            let all_found = !full && totals.last.is_some_and(|total| found >= total);
            if page.length == 0 || all_found || !(anything_new || at.is_catching_up()) {
                return Ok(totals);
            }
        }
    }

    fn check_bounds(&self) -> Result<(), Stop> {
        if self.requests >= self.bounds.requests {
            return Err(Stop::Bound(ListBound::Requests(self.bounds.requests)));
        }
        if self.answer_time >= self.bounds.time {
            return Err(Stop::Bound(ListBound::Time(self.bounds.time)));
        }
        Ok(())
    }

    /// Smaller pages may avoid the outer error. The inner error is final.
    async fn read_page(&mut self, query: &Query, at: &Position) -> Result<Result<Page, Stop>, ReadError> {
        let parameters = [
            ("page[number]", at.number().to_string()),
            ("page[size]", at.size().to_string()),
        ];
        let request = self.client.get(self.path).query(query).query(&parameters);
        self.client.limiter.turn().await;
        self.requests += 1;
        let started = Instant::now();
        let answered = self.client.exchange(request, self.bounds.page_bytes).await;
        self.answer_time += started.elapsed();
        let answered: Answered = answered?;
        let body = answered.accept()?;
        let text = String::from_utf8_lossy(&body);
        let (mut length, mut no_room) = (0, false);
        json::for_each_element(data(&text)?, |element| {
            length += 1;
            no_room = no_room || self.found.add(element.get(), self.bounds.kept_bytes) == Err(NoRoom);
        })
        .ok_or(Unreadable::Malformed)?;
        let meta = Object::parse(&text)
            .and_then(|outer| outer.object("meta"))
            .unwrap_or_default();
        if no_room {
            let bound = ListBound::KeptBytes(self.bounds.kept_bytes);
            return Ok(Err(Stop::Bound(bound)));
        }
        Ok(Ok(Page {
            length,
            size: meta.word("page_size").filter(|size| *size > 0),
            total_pages: meta.word("total_pages"),
            total_results: meta.word("total_results"),
        }))
    }

    /// Requests a smaller page after one that could not be read, or skips an element that cannot be read alone.
    fn get_around(&mut self, error: ReadError, at: &mut Position, in_a_row: &mut u32) -> Result<(), Stop> {
        let most = match &error {
            ReadError::Limited { .. } if self.limited < self.bounds.limited => {
                self.limited += 1;
                return Ok(());
            }
            ReadError::Unreadable(Unreadable::TooLarge(_)) => TOO_LARGE_IN_A_ROW,
            ReadError::Unreadable(_) => UNREADABLE_IN_A_ROW,
            _ => return Err(Stop::Failed(error)),
        };
        if at.shrink() {
            return Ok(());
        }
        *in_a_row += 1;
        if *in_a_row > most {
            // So many in a row are not single bad elements: the list itself cannot be read.
            let first = self.skipped.len().saturating_sub(most as usize);
            self.skipped.truncate(first);
            return Err(Stop::Failed(error));
        }
        self.skipped.push(SkippedElement {
            offset: at.offset(),
            why: chain(&error),
        });
        at.advance(1);
        Ok(())
    }

    fn skipped_since(&self, before: usize) -> u64 {
        (self.skipped.len() - before) as u64
    }

    fn report_page(&mut self, pages_before: u64, pages: u64, page: &Page) {
        self.progress.pages += 1;
        self.progress.total_pages = pages_before + page.total_pages.unwrap_or(0).max(pages);
        self.progress.found = self.found.len();
        (self.on_progress)(self.progress);
    }

    fn report(&self, end: &ListEnd) {
        let list = self.path.join("/");
        for SkippedElement { offset, why } in &self.skipped {
            metrics::counter!("portoutd_list_elements_skipped_total", "list" => list.clone()).increment(1);
            tracing::warn!(
                list,
                offset,
                why,
                "Skipped an element of a list from Telnyx that cannot be read"
            );
        }
        match end {
            ListEnd::Whole | ListEnd::Failed(_) => {}
            ListEnd::Short { found, promised } => {
                metrics::counter!("portoutd_short_lists_total", "list" => list.clone()).increment(1);
                tracing::warn!(
                    list,
                    found,
                    promised,
                    "Telnyx listed fewer elements than it announced"
                );
            }
            ListEnd::Endless(bound) => {
                metrics::counter!("portoutd_endless_lists_total", "list" => list.clone()).increment(1);
                tracing::warn!(list, found = self.found.len(), %bound, "A list from Telnyx did not end within its bounds");
            }
        }
    }
}

impl Totals {
    fn see(&mut self, total: Option<u64>) {
        let Some(total) = total else {
            return;
        };
        self.shrank |= self.last.is_some_and(|last| total < last);
        self.last = Some(total);
        self.least = Some(self.least.map_or(total, |least| least.min(total)));
    }
}
