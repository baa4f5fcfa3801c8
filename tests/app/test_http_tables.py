from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from fastapi.testclient import TestClient

from smilecurve.terms.tables import TABLES


def test_every_table_has_its_contract_and_rows(client: TestClient) -> None:
    listed = client.get("/api/v1/tables").json()
    assert {t["name"] for t in listed} == set(TABLES)
    for name in TABLES:
        contract = client.get(f"/api/v1/tables/{name}").json()
        assert [c["name"] for c in contract["columns"]] == list(TABLES[name].columns)
        rows = client.get(f"/api/v1/tables/{name}/rows?limit=2")
        assert rows.status_code == 200, name
        assert len(rows.json()["rows"]) <= 2


def test_rows_are_filtered_ordered_and_paged(client: TestClient) -> None:
    first = client.get(
        "/api/v1/tables/machines/rows", params={"status": "stock", "order": "-machine", "limit": 5}
    ).json()
    assert {r["status"] for r in first["rows"]} == {"stock"}
    serials = [r["machine"] for r in first["rows"]]
    assert serials == sorted(serials, reverse=True)
    then = client.get(
        "/api/v1/tables/machines/rows", params={"status": "stock", "order": "-machine", "limit": 5, "offset": 5}
    ).json()
    assert first["total"] == then["total"]
    assert not set(serials) & {r["machine"] for r in then["rows"]}


def test_an_unknown_column_is_named_with_the_known_ones(client: TestClient) -> None:
    refused = client.get("/api/v1/tables/markets/rows?colour=red")
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["breaches"][0]["what"] == "markets has no column colour"
    assert "currency" in problem["breaches"][0]["do"]


def test_an_unknown_table_names_the_nearest(client: TestClient) -> None:
    refused = client.get("/api/v1/tables/machine")
    assert refused.status_code == 404
    assert "machines" in refused.json()["breaches"][0]["do"]


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "xlsx"])
def test_every_format_holds_the_same_rows(client: TestClient, form: str) -> None:
    plain = client.get("/api/v1/tables/depots/rows").json()["rows"]
    body = client.get(f"/api/v1/tables/depots/rows?format={form}")
    assert body.headers["content-disposition"] == f'attachment; filename="depots.{form}"'
    if form == "xlsx":
        from openpyxl import load_workbook

        sheet = load_workbook(io.BytesIO(body.content)).active
        codes = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    else:
        readers = {
            "csv": lambda b: pa.csv.read_csv(io.BytesIO(b)),
            "parquet": lambda b: pa.parquet.read_table(io.BytesIO(b)),
            "arrow": lambda b: pa.ipc.open_stream(b).read_all(),
        }
        codes = readers[form](body.content).column("depot").to_pylist()
    assert codes == [r["depot"] for r in plain]


def test_the_accept_header_chooses_the_format(client: TestClient) -> None:
    assert client.get("/api/v1/tables/depots/rows", headers={"accept": "text/csv"}).text.startswith("depot,")


def test_an_unchanged_table_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v1/tables/models/rows")
    again = client.get("/api/v1/tables/models/rows", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content
    other = client.get("/api/v1/tables/models/rows?limit=1", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


def test_writing_needs_the_version_that_was_read(client: TestClient) -> None:
    rows = client.get("/api/v1/tables/exhibitions/rows").json()["rows"]
    at = "/api/v1/tables/exhibitions/rows"
    assert client.put(at, json=rows).status_code == 428
    assert client.put(at, json=rows, headers={"if-match": '"old"'}).status_code == 412
    tag = client.get("/api/v1/tables/exhibitions/version").headers["etag"]
    rows[0]["name"] = "A fair with a new name"
    kept = client.put(at, json={"rows": rows}, headers={"if-match": tag})
    assert kept.status_code == 200
    assert kept.headers["etag"] != tag
    assert client.get(at).json()["rows"][0]["name"] == "A fair with a new name"
    assert client.put(at, json=rows, headers={"if-match": tag}).status_code == 412


def test_rows_that_break_the_contract_are_refused_with_every_breach(client: TestClient) -> None:
    tag = client.get("/api/v1/tables/exhibitions/version").headers["etag"]
    bad = [{"exhibition": "E-1", "name": "One", "market": "XX", "opens": "2023-05-01", "closes": None}]
    refused = client.put("/api/v1/tables/exhibitions/rows", json=bad, headers={"if-match": tag})
    assert refused.status_code == 422
    whats = [b["what"] for b in refused.json()["breaches"]]
    assert whats == ["market XX is not an ISO 3166-1 alpha-2 code", "closes is empty"]


def test_a_seen_table_cannot_be_written(client: TestClient) -> None:
    refused = client.put("/api/v1/tables/machines/rows", json=[], headers={"if-match": '"x"'})
    assert refused.status_code == 400
    assert refused.json()["breaches"][0]["what"] == "machines is seen, not given"


def test_the_description_names_every_table_and_desk(client: TestClient) -> None:
    from smilecurve.loop.registry import desks

    described = client.get("/api/v1/openapi.json").json()
    assert all(f"/api/v1/tables/{name}/rows" in described["paths"] for name in TABLES)
    assert all(f"/api/v1/desks/{name}/runs" in described["paths"] for name in desks())
    row = described["components"]["schemas"]["row_machines"]
    assert row["properties"]["hours"] == {
        "type": "number",
        "description": "last hours on the meter",
        "minimum": 0,
        "x-unit": "h",
    }
