"""A table that is kept as words is laid out by what its columns hold."""

from attendance_office.web.templatetags.office import laid_out


def kinds(heads, *rows):
    return [kind for _, kind in laid_out({"heads": heads, "rows": rows}).heads]


def test_columns_of_numbers_are_told_by_their_cells_and_the_names_are_none():
    heads = ["Year", "Attended", "Possible sessions", "Change", "Why"]
    rows = [
        ["7", "91.0 %", "11,996", "\N{MINUS SIGN}3.2 points", "Fell to 95 % or less and broke a good run"],
        ["8", "no session", "0", "none", "No longer persistently absent"],
    ]
    assert kinds(heads, *rows) == ["", "num", "num", "num", ""]


def test_words_that_are_short_with_their_head_share_a_line_and_long_ones_do_not():
    assert kinds(["Pupil", "Form"], ["Begum, Amina", "9A"]) == ["", "short"]
    assert kinds(["Pupil", "Going to"], ["Begum, Amina", "Coldharbour High School"]) == ["", ""]


def test_a_column_of_words_for_none_alone_holds_no_numbers():
    assert kinds(["Pupil", "Minutes"], ["Begum, Amina", "Not said"]) == ["", "short"]


def test_many_columns_of_numbers_are_a_grid_and_each_cell_knows_its_head():
    heads = ["Newly ill", *(f"Mon {day} Nov" for day in range(1, 8))]
    table = laid_out({"heads": heads, "rows": [["Cold", *"1234567"]]})
    assert table.is_grid
    assert table.rows[0][2] == ("Mon 2 Nov", "2", "num")
    assert not laid_out({"heads": heads[:5], "rows": [["Cold", *"1234"]]}).is_grid


def test_a_table_without_rows_has_heads_alone():
    assert laid_out({"heads": ["Pupil", "Form"], "rows": []}).rows == []
