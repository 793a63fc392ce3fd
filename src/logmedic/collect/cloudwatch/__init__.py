"""Amazon CloudWatch Logs as a source: START HERE with :mod:`.source`.

``config`` the keys · ``errors`` what refusals mean · ``client`` questions and answers (boto3) · ``paging`` a span of
time in pages · ``lookup`` evidence · ``probe`` for ``check`` · ``subscription`` what a Lambda function is handed.
"""
