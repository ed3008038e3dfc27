//! Query strings in the `deepObject` style.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Answer;
use crate::simulator::assumptions::{Assumptions, ListMeta, UnknownFilter};

/// A query in `deepObject` style: `filter[inserted_at][gte]=…` is the path `filter.inserted_at.gte`.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Query(Vec<(String, String)>);

/// The filters of a query, checked against those that the call supports.
#[derive(Debug)]
pub(in crate::simulator) struct Filters(Vec<(String, String)>);

const USUAL_PAGE_SIZE: usize = 20;
const LARGEST_PAGE_SIZE: usize = 250;

impl Query {
    /// Parses a query as it is in the URL, without the question mark.
    pub(in crate::simulator) fn parse(encoded: &str) -> Self {
        let url = reqwest::Url::parse(&format!("http://simulator/?{encoded}"));
        let pairs = url.map(|url| {
            let pairs = url.query_pairs();
            pairs
                .map(|(key, value)| (dotted(&key), value.into_owned()))
                .collect()
        });
        Self(pairs.unwrap_or_default())
    }

    pub(in crate::simulator) fn get(&self, path: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == path)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the requested page of all entries, and its `meta`.
    pub(in crate::simulator) fn page<T>(
        &self,
        all: Vec<T>,
        assumptions: &Assumptions,
    ) -> Result<(Vec<T>, Value), Answer> {
        let number = self.page_part("page.number", 1, usize::MAX)?;
        let size = self.page_part("page.size", USUAL_PAGE_SIZE, LARGEST_PAGE_SIZE)?;
        let size = size.min(assumptions.longest_page.max(1));
        let total = all.len();
        let page = all.into_iter().skip((number - 1).saturating_mul(size)).take(size);
        let meta = match assumptions.list_meta {
            ListMeta::Right => json!({
                "total_pages": total.div_ceil(size),
                "total_results": total,
                "page_number": number,
                "page_size": size,
            }),
            ListMeta::OnePage => json!({ "total_pages": 1, "total_results": total }),
            ListMeta::Missing => Value::Null,
        };
        Ok((page.collect(), meta))
    }

    fn page_part(&self, path: &str, usual: usize, largest: usize) -> Result<usize, Answer> {
        let Some(text) = self.get(path) else {
            return Ok(usual);
        };
        let number = text.parse().ok().filter(|number| (1..=largest).contains(number));
        number.ok_or_else(|| {
            let detail = format!("`{text}` is out of range: a page is at least 1, a page size at most 250.");
            Answer::invalid(&pointer(path), &detail)
        })
    }

    /// Returns the filters, which the call must support.
    pub(in crate::simulator) fn filters(
        &self,
        known: &[&str],
        unknown: UnknownFilter,
    ) -> Result<Filters, Answer> {
        let mut filters = Vec::new();
        for (key, value) in &self.0 {
            let Some(path) = key.strip_prefix("filter.") else {
                continue;
            };
            if known.contains(&path) {
                filters.push((path.to_owned(), value.clone()));
            } else if unknown == UnknownFilter::Refused {
                return Err(Answer::invalid(&pointer(key), "The filter does not exist."));
            }
        }
        Ok(Filters(filters))
    }
}

impl Filters {
    pub(in crate::simulator) fn one(&self, path: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == path)
            .map(|(_, value)| value.as_str())
    }

    /// Returns all values of a list filter, separated by commas or repeated, or `None` if it is absent.
    pub(in crate::simulator) fn list(&self, path: &str) -> Option<Vec<&str>> {
        let values = self.0.iter().filter(|(key, _)| key == path);
        let values: Vec<&str> = values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .collect();
        (!values.is_empty()).then_some(values)
    }

    pub(in crate::simulator) fn time(&self, path: &str) -> Result<Option<Timestamp>, Answer> {
        let Some(text) = self.one(path) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let detail = format!("`{text}` is not an ISO 8601 date and time.");
            Answer::invalid(&pointer(&format!("filter.{path}")), &detail)
        })
    }

    /// Returns whether a time is between `PATH.gte` and `PATH.lte`, both included.
    pub(in crate::simulator) fn span(
        &self,
        path: &str,
    ) -> Result<impl Fn(Timestamp) -> bool + use<>, Answer> {
        let from = self.time(&format!("{path}.gte"))?;
        let to = self.time(&format!("{path}.lte"))?;
        Ok(move |at| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to))
    }

    /// Checks that a filter's values are among some words.
    pub(in crate::simulator) fn demand_words(&self, path: &str, words: &[&str]) -> Result<(), Answer> {
        let values = self.list(path).unwrap_or_default();
        match values.iter().find(|value| !words.contains(value)) {
            None => Ok(()),
            Some(value) => {
                let detail = format!("`{value}` is none of: {}.", words.join(", "));
                Err(Answer::invalid(&pointer(&format!("filter.{path}")), &detail))
            }
        }
    }
}

/// Converts `filter[status_in][]` and `filter[status_in][0]` to `filter.status_in`.
fn dotted(key: &str) -> String {
    let mut parts: Vec<&str> = key
        .split('[')
        .map(|part| part.strip_suffix(']').unwrap_or(part))
        .collect();
    let places = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 1 && parts.last().is_some_and(places) {
        parts.pop();
    }
    parts.join(".")
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_every_encoding_that_clients_use() {
        for encoded in [
            "filter[status_in]=pending,ported",
            "filter[status_in][]=pending&filter[status_in][]=ported",
            "filter%5Bstatus_in%5D%5B0%5D=pending&filter%5Bstatus_in%5D%5B1%5D=ported",
            "filter[status_in]=pending&filter[status_in]=ported",
            "filter%5Bstatus_in%5D=pending%2Cported",
        ] {
            let filters = Query::parse(encoded)
                .filters(&["status_in"], UnknownFilter::Refused)
                .unwrap();
            assert_eq!(
                filters.list("status_in"),
                Some(vec!["pending", "ported"]),
                "{encoded}"
            );
        }
    }

    #[test]
    fn a_page_is_cut_out_and_counted() {
        let page =
            |query: &str| Query::parse(query).page((1..=45).collect::<Vec<_>>(), &Assumptions::default());
        let (entries, meta) = page("page[number]=3&page[size]=20").unwrap();
        assert_eq!(entries, (41..=45).collect::<Vec<_>>());
        assert_eq!(
            meta,
            json!({"total_pages": 3, "total_results": 45, "page_number": 3, "page_size": 20})
        );
        assert_eq!(page("").unwrap().0.len(), 20);
        assert!(page("page[number]=9").unwrap().0.is_empty());
    }

    #[test]
    fn a_page_out_of_range_is_refused() {
        for query in [
            "page[number]=0",
            "page[size]=0",
            "page[size]=251",
            "page[number]=x",
            "page[size]=-1",
        ] {
            let refused = Query::parse(query)
                .page(vec![1], &Assumptions::default())
                .unwrap_err();
            assert_eq!(refused.status, 422, "{query}");
        }
        assert!(
            Query::parse("page[size]=250")
                .page(vec![1], &Assumptions::default())
                .is_ok()
        );
    }

    #[test]
    fn an_unknown_filter_is_refused_or_passed_over_as_assumed() {
        let query = Query::parse("filter[stauts]=pending");
        assert_eq!(
            query
                .filters(&["status"], UnknownFilter::Refused)
                .unwrap_err()
                .status,
            422
        );
        assert!(
            query
                .filters(&["status"], UnknownFilter::Ignored)
                .unwrap()
                .one("status")
                .is_none()
        );
    }
}
