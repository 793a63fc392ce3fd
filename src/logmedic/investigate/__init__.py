"""What broke, from evidence that our own code has re-read.

::

    Case ─▶ evidence.gather ─▶ Dossier ─▶ offline (taxonomy, suspects) ─▶ Diagnosis ─▶ verify ─▶ report
            logs · source · git · figures
"""
