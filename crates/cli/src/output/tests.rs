use std::sync::{Arc, Mutex};

use arrow::array::{Int64Array, ListBuilder, StringBuilder};

use super::*;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn sample() -> RecordBatch {
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.values().append_value("a,b");
    tags.values().append_value("c\"d");
    tags.append(true);
    tags.append(false);
    RecordBatch::try_from_iter_with_nullable(vec![
        (
            "n",
            Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None])) as ArrayRef,
            true,
        ),
        ("tags", Arc::new(tags.finish()) as ArrayRef, true),
    ])
    .unwrap()
}

fn written(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    let out = Shared::default();
    let mut sink = Sink::new(format, Box::new(out.clone()), sample().schema(), None).unwrap();
    for batch in batches {
        sink.write(batch).unwrap();
    }
    sink.finish().unwrap();
    out.0.lock().unwrap().clone()
}

fn text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(written(format, batches)).unwrap()
}

#[test]
fn json_lines_keep_lists_nulls_and_large_integers() {
    assert_eq!(
        text(Format::Ndjson, &[sample()]),
        "{\"n\":9007199254740993,\"tags\":[\"a,b\",\"c\\\"d\"]}\n{\"n\":null,\"tags\":null}\n"
    );
}

#[test]
fn an_empty_result_is_still_well_formed() {
    assert_eq!(text(Format::Json, &[]), "[]\n");
    assert_eq!(text(Format::Csv, &[]), "n,tags\n");
    assert_eq!(text(Format::Ndjson, &[]), "");
}

#[test]
fn csv_holds_lists_as_json() {
    assert_eq!(
        text(Format::Csv, &[sample()]),
        "n,tags\n9007199254740993,\"[\"\"a,b\"\",\"\"c\\\"\"d\"\"]\"\n,\n"
    );
}

#[test]
fn binary_formats_read_back() {
    let bytes = written(Format::Arrow, &[sample()]);
    let mut reader = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
    assert_eq!(reader.next().unwrap().unwrap(), sample());
    assert!(written(Format::Parquet, &[sample()]).starts_with(b"PAR1"));
}

#[test]
fn a_table_says_how_much_it_hides() {
    let many = RecordBatch::try_from_iter(vec![(
        "n",
        Arc::new(Int64Array::from_iter_values(0..1_500)) as ArrayRef,
    )])
    .unwrap();
    let out = Shared::default();
    let mut sink = Sink::new(Format::Table, Box::new(out.clone()), many.schema(), None).unwrap();
    sink.write(&many).unwrap();
    assert_eq!(sink.finish().unwrap(), 1_500);
    let shown = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
    assert!(shown.ends_with("1500 rows, the first 1000 shown; use --format ndjson for all\n"));
}

#[test]
fn the_file_name_chooses_the_format() {
    let by_name = |name: &str| choose_format(None, Some(Path::new(name)));
    assert_eq!(by_name("x.parquet"), Format::Parquet);
    assert_eq!(by_name("x.jsonl"), Format::Ndjson);
    assert_eq!(by_name("x.txt"), Format::Table);
    assert_eq!(choose_format(Some(Format::Csv), Some(Path::new("x.json"))), Format::Csv);
}
