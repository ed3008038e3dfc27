//! Reading a list to its end, although it changes meanwhile.

use std::collections::HashMap;

use super::exchange::Answered;
use super::filter::Query;
use super::refusal::data_list;
use super::{Client, ReadError, Unreadable};
use crate::telnyx::json::Object;

/// The most that Telnyx allows.
const PAGE_SIZE: usize = 250;

const MOST_PAGES: u32 = 10_000;

/// How far the reading of a list has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages read so far.
    pub pages: u64,
    /// Pages there will be, as far as Telnyx tells; grows with each query the filter needs.
    pub total_pages: u64,
    /// Different elements found so far.
    pub found: usize,
}

/// What was found, each element once, in the order of finding. Of two states of one element the later read is kept.
#[derive(Debug, Default)]
pub(super) struct Found {
    elements: Vec<String>,
    place: HashMap<String, usize>,
}

struct Page {
    elements: Vec<String>,
    total_pages: Option<u64>,
    total_results: Option<u64>,
}

impl Client {
    /// Reads all pages of all queries before it returns anything.
    ///
    /// When the list shrank while it was read, what stood at the top of a page may have moved to a page already
    /// read: then it is read once more, and both readings count.
    pub(super) async fn read_all(
        &self,
        path: &[&str],
        queries: &[Query],
        mut on_progress: impl FnMut(Progress) + Send,
    ) -> Result<Vec<String>, ReadError> {
        let mut found = Found::default();
        let mut progress = Progress::default();
        for query in queries {
            for _ in 0..2 {
                let shrank = self
                    .walk(path, query, &mut found, &mut progress, &mut on_progress)
                    .await?;
                if !shrank {
                    break;
                }
            }
        }
        Ok(found.elements)
    }

    /// Reads page after page, and tells whether the list shrank meanwhile.
    async fn walk(
        &self,
        path: &[&str],
        query: &Query,
        found: &mut Found,
        progress: &mut Progress,
        on_progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<bool, ReadError> {
        let before = *progress;
        let (mut most, mut shrank) = (0, false);
        let mut seen = Found::default();
        for number in 1..=MOST_PAGES {
            let page = self.read_page(path, query, number).await?;
            let total = page.total_results.unwrap_or(most);
            shrank |= total < most;
            most = most.max(total);
            let anything_new = seen.add(&page.elements);
            found.add(&page.elements);
            progress.pages += 1;
            progress.total_pages = before.total_pages + page.total_pages.unwrap_or(0).max(u64::from(number));
            progress.found = found.elements.len();
            on_progress(*progress);
            if page.is_last(number) || !anything_new {
                return Ok(shrank);
            }
        }
        Err(Unreadable::Endless(MOST_PAGES).into())
    }

    async fn read_page(&self, path: &[&str], query: &Query, number: u32) -> Result<Page, ReadError> {
        let page = [
            ("page[number]", number.to_string()),
            ("page[size]", PAGE_SIZE.to_string()),
        ];
        let answered: Answered = self.send(self.get(path).query(query).query(&page)).await?;
        let body = answered.accept()?;
        let text = String::from_utf8_lossy(&body);
        let elements = data_list(&text)?
            .into_iter()
            .map(|element| element.get().to_owned())
            .collect();
        let meta = Object::parse(&text)
            .and_then(|outer| outer.object("meta"))
            .unwrap_or_default();
        Ok(Page {
            elements,
            total_pages: meta.word("total_pages"),
            total_results: meta.word("total_results"),
        })
    }
}

impl Page {
    /// A full page is never taken for the last one, whatever the totals say: one more request shows the end for certain.
    fn is_last(&self, number: u32) -> bool {
        let full = self.elements.len() >= PAGE_SIZE;
        let counted_out = self.total_pages.is_some_and(|total| u64::from(number) >= total);
        self.elements.is_empty() || (counted_out && !full)
    }
}

impl Found {
    /// Adds elements, and tells whether any of them was not there before.
    fn add(&mut self, elements: &[String]) -> bool {
        let before = self.elements.len();
        for element in elements {
            let place = *self.place.entry(identity(element)).or_insert(self.elements.len());
            match self.elements.get_mut(place) {
                Some(earlier) => earlier.clone_from(element),
                None => self.elements.push(element.clone()),
            }
        }
        self.elements.len() > before
    }
}

/// An element's id, or the whole of it where it has none.
fn identity(element: &str) -> String {
    let id = Object::parse(element).and_then(|fields| fields.string("id"));
    id.unwrap_or_else(|| element.to_owned())
}
