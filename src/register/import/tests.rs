//! Tests of reading a list of numbers.

use super::*;
use crate::domain::PinKey;

const HEADER: &str = "number,account,pin,zip,name,address,frozen,tags\n";

fn entries(rows: &str) -> Vec<Entry> {
    read_csv(format!("{HEADER}{rows}").as_bytes()).unwrap()
}

fn told(file: &str) -> String {
    read_csv(file.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_full_line_is_read_whole() {
    let entries = entries("(312) 555-0123,east,47-11,60601,\"Smith, John\",1 Main St,yes,VIP;gold vip\n");
    let entry = &entries[0];
    assert_eq!((entry.line, entries.len()), (2, 1));
    assert_eq!(entry.number.to_string(), "+13125550123");
    assert_eq!(entry.account.as_str(), "east");
    assert_eq!(entry.zip.as_deref(), Some("60601"));
    assert_eq!(entry.name.as_deref(), Some("Smith, John"));
    assert_eq!(entry.address.as_deref(), Some("1 Main St"));
    assert_eq!(entry.frozen, Some(true));
    assert_eq!(entry.tags, ["gold", "vip"]);
    let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
    let same = crate::domain::Pin::new("4711").unwrap();
    let kept = key.hmac(&entry.account, entry.number, entry.pin.as_ref().unwrap());
    assert!(kept.is(key.hmac(&entry.account, entry.number, &same).as_bytes()));
}

#[test]
fn a_tag_in_another_spelling_is_the_same_tag() {
    let entry = &entries("+13125550123,,,,,,,\u{ff36}\u{ff29}\u{ff30};vip;go\u{200b}ld\n")[0];
    assert_eq!(entry.tags, ["gold", "vip"]);
}

#[test]
fn an_empty_cell_means_none_and_for_the_lock_leave_it_as_it_is() {
    let entry = &entries("+13125550123,,,,,,,\n")[0];
    assert_eq!(entry.account, AccountName::default_account());
    assert!(entry.pin.is_none() && entry.zip.is_none() && entry.name.is_none() && entry.address.is_none());
    assert_eq!(entry.frozen, None);
    assert!(entry.tags.is_empty());
}

#[test]
fn columns_may_stand_in_any_order_and_case() {
    let file = "Tags, PIN ,frozen,zip,name,address,account,NUMBER\nvip,,no,,,,,3125550123\n";
    let entries = read_csv(file.as_bytes()).unwrap();
    assert_eq!(entries[0].number.to_string(), "+13125550123");
    assert_eq!(entries[0].frozen, Some(false));
    assert_eq!(entries[0].tags, ["vip"]);
}

#[test]
fn what_spreadsheets_write_is_read() {
    let rows = "3125550123,,,,\"Two\nlines\",,,\n\n,,,,,,,\n3125550124,,,,,,,";
    let file = format!("\u{feff}{HEADER}{rows}").replace('\n', "\r\n");
    let entries = read_csv(file.as_bytes()).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].name.as_deref(), Some("Two lines"));
}

#[test]
fn a_line_number_is_the_one_an_editor_shows() {
    let rows = "3125550123,,,,\"Two\nlines\",,,\n\n\nbad,,,,,,,\n3125550124,,,,,,,\nbad,,,,,,,\n";
    for line_end in ["\n", "\r\n", "\r"] {
        let file = format!("{HEADER}{rows}").replace('\n', line_end);
        let problems = read_csv(file.as_bytes()).unwrap_err();
        let lines: Vec<u64> = problems.told().iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [6, 8], "{line_end:?}");
    }
}

#[test]
fn every_problem_of_a_file_is_told_with_its_line() {
    let rows = "\
        555-0123,East,--,60601,\u{7}Ann,,maybe,\"vip,gold\"\n\
        3125550123,,,,,,,\n\
        3125550123,,,,Smith, John,,,\n\
        ,,,60601,,,,\n\
        +13125550123,default,,,,,,\n\
        +13125550123,east,,,,,,\n\
        3125550124\n";
    insta::assert_snapshot!(told(&format!("{HEADER}{rows}")));
}

#[test]
fn only_the_first_problems_are_told_and_the_others_counted() {
    let told = told(&format!("{HEADER}{}", "bad,,,,,,,\n".repeat(1000)));
    assert_eq!(told.lines().count(), 22);
    assert!(told.starts_with("1000 problems, nothing was imported"), "{told}");
    assert!(told.ends_with("and 980 more"), "{told}");
}

#[test]
fn a_wrong_header_is_told_column_by_column() {
    insta::assert_snapshot!(told(
        "number,acount,pin,zip,zip,name,colour,frozen,tags\nbad,,,,,,,,\n"
    ));
}

#[test]
fn a_file_without_a_header_is_told_without_its_first_line() {
    let told = told("3125550123,default,4711,60601,Ann,1 Main St,no,\n");
    assert_eq!(
        told,
        "1 problem, nothing was imported\n  line 1: this is not a valid header: the first line must be \
         `number,account,pin,zip,name,address,frozen,tags`, in any order"
    );
}

#[test]
fn a_file_with_semicolons_an_empty_one_and_one_in_utf_16_are_told_as_such() {
    assert!(told(&HEADER.replace(',', ";")).contains("separated by `;`"));
    assert!(told("").contains("the file is empty"));
    let utf_16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let told = read_csv([&[0xff, 0xfe], utf_16.as_slice()].concat().as_slice()).unwrap_err();
    assert!(told.to_string().contains("line 1: this is UTF-16"), "{told}");
}

#[test]
fn a_line_that_is_not_utf_8_does_not_hide_the_next_problem() {
    let file = [HEADER.as_bytes(), b"3125550123,,,,M\xfcller,,,\nbad,,,,,,,\n"].concat();
    let problems = read_csv(file.as_slice()).unwrap_err();
    let lines: Vec<u64> = problems.told().iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn no_message_and_no_debug_repeats_a_pin_wherever_it_stands() {
    let file =
        format!("{HEADER}SECRET47,SECRET47,SECRET47,,,,SECRET47,\"SECRET47,x\"\n3125550123,,SECRET47,,,,,\n");
    let problems = read_csv(file.as_bytes()).unwrap_err();
    assert_eq!(problems.count(), 4);
    assert!(
        !format!("{problems} {problems:?}")
            .to_lowercase()
            .contains("secret47")
    );
    let entries = entries("3125550123,,SECRET47,,,,,\n");
    assert!(!format!("{entries:?}").to_lowercase().contains("secret47"));
}

#[test]
fn what_exports_leave_in_cells_is_refused_by_line_and_column() {
    let rows = "\
        1.31256E+10,,,,,,,\n\
        3125550101,NULL,NULL,NULL,NULL,NULL,NULL,NULL\n\
        3125550102,,4.81516E+11,12-Jan,#N/A,n/a,,\n\
        3125550103,,1234.0,2134,-,none,x,\n\
        3125550104,,=\"0123\",,,,,\n\
        3125550105,,'0123,,'0123,\\N,,\n\
        3125550106,,01\"23,,,,,\n";
    insta::assert_snapshot!(told(&format!("{HEADER}{rows}")));
}

#[test]
fn a_text_column_is_taken_as_written_where_that_is_asked_for() {
    let file = format!("{HEADER}3125550101,,4711,8001,Null,n/a,,\n");
    let refused = read_csv(file.as_bytes()).unwrap_err();
    assert_eq!(refused.count(), 3, "{refused}");
    let columns = [TextColumn::Zip, TextColumn::Name, TextColumn::Address];
    let entries = read_csv_as_written(file.as_bytes(), &columns).unwrap();
    assert_eq!(entries[0].name.as_deref(), Some("Null"));
    assert_eq!(entries[0].zip.as_deref(), Some("8001"));
}

#[test]
fn a_lock_that_is_not_understood_never_loads_as_unlocked() {
    for cell in ["NULL", "x", "locked", "#N/A", "2", "-", "1.0", "wahr", "'1", "t"] {
        let file = format!("{HEADER}3125550101,,,,,,{cell},\n");
        let refused = read_csv(file.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("line 2: `frozen` "), "{cell}: {refused}");
    }
    for cell in ["TRUE", "Yes", "1"] {
        assert_eq!(
            entries(&format!("3125550101,,,,,,{cell},\n"))[0].frozen,
            Some(true),
            "{cell}"
        );
    }
}

#[test]
fn a_stray_quote_never_swallows_the_lines_that_follow() {
    for rows in [
        // Closed by the next stray quote, which makes eight cells and loses a number.
        "3125550101,,4711,,\"Smith,,,\n3125550102,,4712,,\"Jones,,,\n",
        "3125550101,,4711,,\"Smith,,,\n3125550102,,4712,,Jones\",,,\n",
        "3125550101,,4711,,\"Smith,,,\n3125550102,,4712,,Jones,,,\n",
        "3125550101,,4711,,Smith 5\" pipe,,,\n",
    ] {
        let refused = read_csv(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
        assert_eq!(refused.told()[0].line, 2, "{rows}");
        assert!(
            refused.to_string().contains("quote") && !refused.to_string().contains("471"),
            "{refused}"
        );
    }
    assert_eq!(
        entries("3125550101,,,,\"John \"\"Jack\"\" Smith\",,,\n")[0]
            .name
            .as_deref(),
        Some("John \"Jack\" Smith")
    );
}

#[test]
fn what_spreadsheets_add_around_the_table_is_read() {
    let header = HEADER.trim_end();
    for file in [
        format!("sep=,\r\n{header}\r\n3125550101,,,,,,,\r\n"),
        format!("\u{feff}SEP=,\n\u{200b}{header}\n3125550101,,,,,,,\n"),
        format!("\"sep=,\"\n{header}\n3125550101,,,,,,,\n"),
        format!("{header},,,\n3125550101,,,,,,,,,,\n"),
    ] {
        assert_eq!(read_csv(file.as_bytes()).unwrap().len(), 1, "{file:?}");
    }
    let file = format!("sep=,\n{HEADER}bad,,,,,,,\n");
    assert_eq!(read_csv(file.as_bytes()).unwrap_err().told()[0].line, 3);
}

#[test]
fn other_separators_and_a_header_in_between_are_named() {
    let other = told(&format!("sep=;\n{}", HEADER.replace(',', ";")));
    assert!(
        other.contains("line 1: this names a separator other than a comma"),
        "{other}"
    );
    assert!(told(&HEADER.replace(',', "\t")).contains("separated by tabs"));
    let again = told(&format!("{HEADER}3125550101,,,,,,,\n{HEADER}3125550102,,,,,,,\n"));
    assert!(again.contains("line 3: this is the header again"), "{again}");
    let behind = told(&format!("{},\n3125550101,,,,,,,,4711\n", HEADER.trim_end()));
    assert!(
        behind.contains("line 2: has a value after the last column") && !behind.contains("4711"),
        "{behind}"
    );
    let behind = told(&format!("{HEADER}3125550101,,,,,,,,4711\n"));
    assert!(
        behind.contains("line 2: has 9 cells, and the header has 8") && !behind.contains("4711"),
        "{behind}"
    );
}

#[test]
fn a_pin_and_a_number_are_read_as_they_look() {
    let entry = &entries("+1\u{a0}312\u{2011}555\u{2011}0123,,\u{ff14}7\u{200b}1\u{a0}1,,,,,\n")[0];
    assert_eq!(entry.number.to_string(), "+13125550123");
    let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
    let hmac = |pin: &crate::domain::Pin| key.hmac(&entry.account, entry.number, pin);
    let plain = hmac(&crate::domain::Pin::new("4711").unwrap());
    assert!(hmac(entry.pin.as_ref().unwrap()).is(plain.as_bytes()));
    assert!(told(&format!("{HEADER}3125550123,,\"47\n11\",,,,,\n")).contains("`pin` contains a line break"));
}
