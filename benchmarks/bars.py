"""What has to hold, printed with its outcome."""


def verdict(bars: dict[str, bool]) -> bool:
    for words, held in bars.items():
        print(f"{'held' if held else 'NOT HELD':10}  {words}")
    return all(bars.values())
