MAX_DEEP_BYTES = 1 << 30


class DeepListing: ...


class DeepReader:
    def __init__(self, base, at):
        pass

    def feed(self, c):
        pass

    def finish(self):
        return None
