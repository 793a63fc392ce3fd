"""Where log shippers push: START HERE with :mod:`.endpoint`.

``who`` who may · ``admission`` how much at a time · ``reading`` a request's body · ``protocols`` from a body to lines,
and what each protocol wants to hear · ``endpoint`` all of it, in order. Plain ASGI: a line costs microseconds here.
"""
