import pytest

from harmattan.months import month, month_range, target


def test_a_month_is_read_from_text() -> None:
    assert str(month("2023-05")) == "2023-05"


@pytest.mark.parametrize("text", ["2023", "2023-5", "2023-13", "05-2023", "2023-05-01", ""])
def test_anything_else_is_refused_with_the_layout(text: str) -> None:
    with pytest.raises(ValueError, match="a month must be written YYYY-MM, such as 2023-05; got "):
        month(text)


def test_a_range_holds_both_ends_and_has_a_name() -> None:
    found = month_range("2022-11", "2023-02")
    assert [str(each) for each in found] == ["2022-11", "2022-12", "2023-01", "2023-02"]
    assert found.name == "month"


def test_a_range_runs_forward() -> None:
    with pytest.raises(
        ValueError, match="months must run forward: the last month 2022-01 lies before the first, 2023-01"
    ):
        month_range("2023-01", "2022-01")


def test_the_target_lies_the_horizon_after_the_origin() -> None:
    assert str(target(month("2023-11"), 3)) == "2024-02"
