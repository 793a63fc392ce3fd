"""How the corpus was made: programs that fail in labelled ways, run by many toolchains, as loggers write it."""
