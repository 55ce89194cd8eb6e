"""``%ds trace`` in a notebook, and what a table registered from memory remembers."""

from tests.kernels import Kernel

REGISTER = '%ds register weather_ds "data/Weather/week 27"'


def test_a_variable_is_traced_to_its_version(kernel: Kernel) -> None:
    kernel.do(f"{REGISTER}\ndf = %ds load weather_ds\nwarm = df.query('temp > 80')")
    ran = kernel.do("%ds trace warm")
    assert ran.value is not None
    assert ran.value.startswith("warm came from weather_ds@1 (a hint, no proof).")
    assert "%ds diff weather_ds@1 --from warm" in ran.value
    assert set(ran.shown[0]) == {"text/plain", "text/html"}
    assert kernel.complete("%ds trace war")["matches"] == ["warm"]


def test_a_table_made_from_a_version_says_so_when_it_is_registered(kernel: Kernel) -> None:
    kernel.do(f"{REGISTER}\ndf = %ds load weather_ds\nwarm = df.query('temp > 80')")
    (text,) = kernel.do("%ds register warm --from warm").texts
    assert "  made from weather_ds@1\n" in text
    shown = kernel.do("%ds show warm").value
    assert shown is not None
    assert "made from:   weather_ds@1" in shown


def test_within_a_function_its_own_variables_are_meant(kernel: Kernel) -> None:
    kernel.do(
        f"{REGISTER}\n"
        "def keep_warm(over):\n"
        "    hours = %ds load weather_ds\n"
        "    warm = hours[hours.temp > over]\n"
        "    done = %ds register warm --from warm\n"
        "    found = %ds trace warm\n"
        "    return len(warm) == done.version.rows, found.ref\n"
    )
    kernel.do("kept = keep_warm(80)")
    assert kernel.evaluate("kept") == (True, "weather_ds@1")


def test_a_variable_goes_before_a_file_of_its_name(kernel: Kernel) -> None:
    kernel.do('%ds register weather_ds "data/Weather/week 27"')
    said = kernel.do('%ds trace "data/Weather/week 27/weather.csv"').value or ""
    assert "weather_ds@1 holds data/Weather/week 27/weather.csv as it is now." in said
    kernel.do("frame = %ds load weather_ds\nopen('frame', 'w').close(); open('other', 'w').close()")
    assert "frame came from weather_ds@1" in (kernel.do("%ds trace frame").value or "")
    assert "other belongs to no version" in (kernel.do("%ds trace other").value or "")
    assert kernel.run("%ds trace neither").error is not None
