//! The example program does what its readers will copy.

use std::path::Path;

use spanlake::arrow::array::RecordBatch;

#[expect(dead_code, reason = "main is what cargo runs")]
#[path = "../../examples/service.rs"]
mod service;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_stores_answers_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("traces");
    let store = store.to_str().unwrap();
    let bodies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/otlp");
    let service = service::Service::start(store).await.unwrap();
    let shown = service::work(&service, &bodies).await.unwrap();
    service.stop().await.unwrap();
    assert!(shown.contains("| model") && shown.lines().count() > 5, "{shown}");
    // Stopped, not dropped: another writer goes on at once, and finds everything.
    let lake = spanlake::Spanlake::open(store).await.unwrap();
    let statement = "select distinct coalesce(response_model, request_model) from llm_calls";
    let batches = lake.query(statement).await.unwrap();
    let models: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(models, shown.lines().count() - 4, "{shown}");
    lake.close().await.unwrap();
}
